//! Every code in a photograph: of a shelf, of a table of folders, or a camera's single frame.
//!
//! The picture is looked at whole and in parts, at several sizes, along lines of six directions for bars and with a detector
//! for squares. Each look is a small unit of work; before each the caller is asked whether there is time for it, so that
//! this room needs no clock and ends within about a second of being told to. What has our check digits is ours; anything
//! else must have been read on several lines, or correct its own errors.

mod bars;
mod found;
mod picture;
mod squares;
#[cfg(test)]
mod tests;

use bars::{SLANTED, STRAIGHT, Tile};
use found::Found;
pub use found::{CODES_MAX, PhotoCode, Spot};
pub use picture::{PHOTO_MAX_BYTES, PHOTO_MAX_PIXELS, Picture, PictureError};
use squares::Square;

/// The side of a tile, in pixels of the size at which it is looked at.
const TILE_SIDE: usize = 960;
/// Tiles overlap, so that a code on an edge of one is inside the next, in pixels.
const TILE_OVERLAP: usize = 280;
/// Pictures of no more pixels are looked at in twice their size too.
const SMALL_PIXELS: usize = 1_500_000;

/// What a photograph says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The codes, from the left to the right.
    pub codes: Vec<PhotoCode>,
    /// Every look was taken and every code kept; there may be codes that cannot be read all the same.
    pub whole: bool,
}

/// How one tile is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Square(Square),
    Bars(bars::Direction),
}

impl Look {
    /// Lines across bars are sampled between the pixels already: twice the size tells them nothing more.
    fn gains_at(self, scale: f32) -> bool {
        scale >= 1.0 || matches!(self, Look::Square(_))
    }
}

/// First what most labels have and costs least, over the whole picture; last what costs most for what it finds.
const PASSES: [&[Look]; 4] = [
    &[Look::Square(Square::Qr)],
    &[Look::Bars(STRAIGHT[0]), Look::Bars(STRAIGHT[1])],
    &[Look::Square(Square::DataMatrix), Look::Square(Square::Pdf417)],
    &[Look::Bars(SLANTED[0]), Look::Bars(SLANTED[1]), Look::Bars(SLANTED[2]), Look::Bars(SLANTED[3])],
];

/// Every code that can be read in `picture`. `is_time_left` is asked before each unit of work; once it says no, what was
/// found by then is the answer.
pub fn read(picture: &Picture, is_time_left: &mut dyn FnMut() -> bool) -> Reading {
    let sizes = sizes(picture);
    let mut found = Found::default();
    for pass in PASSES {
        for (sized, scale) in &sizes {
            for tile in tiles(sized) {
                for look in pass.iter().filter(|look| look.gains_at(*scale)) {
                    if !is_time_left() {
                        return Reading { codes: found.codes(), whole: false };
                    }
                    for read in looked(sized, tile, *look) {
                        found.add(read, *scale, picture);
                    }
                }
            }
        }
    }
    let whole = !found.overflow;
    Reading { codes: found.codes(), whole }
}

fn looked(sized: &Picture, tile: Tile, look: Look) -> Vec<found::Read> {
    match look {
        Look::Bars(direction) => bars::read(sized, tile, direction),
        Look::Square(square) => {
            let part = sized.part(tile.left, tile.top, tile.width, tile.height);
            let mut found = squares::read(&part, square);
            let (left, top) = (pixels(tile.left), pixels(tile.top));
            for read in &mut found {
                read.corners = read.corners.map(|(x, y)| (x + left, y + top));
            }
            found
        }
    }
}

fn pixels(count: usize) -> f32 {
    u16::try_from(count).map_or(f32::MAX, f32::from)
}

/// The picture in the sizes at which it is looked at, each with what one of its pixels is in the picture's own. The size
/// that tells most for its cost comes first: of a large photograph, half of it.
fn sizes(picture: &Picture) -> Vec<(Picture, f32)> {
    let mut sizes = vec![(picture.clone(), 1.0)];
    while let Some((last, scale)) = sizes.last()
        && last.width.max(last.height) > TILE_SIDE
        && last.width.min(last.height) >= 32
    {
        let next = (last.half(), scale * 2.0);
        sizes.push(next);
    }
    if picture.width * picture.height <= SMALL_PIXELS {
        sizes.insert(1, (picture.double(), 0.5));
    } else if sizes.len() > 1 {
        sizes.swap(0, 1);
    }
    sizes
}

fn tiles(picture: &Picture) -> Vec<Tile> {
    let starts = |side: usize| {
        let length = side.min(TILE_SIDE);
        let steps = (side - length).div_ceil(TILE_SIDE - TILE_OVERLAP);
        (0..=steps).map(move |step| ((side - length).min(step * (TILE_SIDE - TILE_OVERLAP)), length))
    };
    let across: Vec<(usize, usize)> = starts(picture.width).collect();
    starts(picture.height)
        .flat_map(|(top, height)| {
            across.iter().map(move |(left, width)| Tile { left: *left, top, width: *width, height })
        })
        .collect()
}
