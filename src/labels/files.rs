//! Built-in files and a site's own: which there are, and which are wrong.

use super::built_in::{PALETTES, STOCKS, TEMPLATES};
use super::fault::TemplateError;
use super::picture::Pictures;
use super::{LabelError, Labels, Palette, Stock, Template, Typeface};

/// A site's own files, each with its name for messages. What has the name of a built-in one takes its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// `*.toml`: templates.
    pub templates: Vec<(String, String)>,
    /// `media/*.toml`: stocks.
    pub media: Vec<(String, String)>,
    /// `palettes/*.toml`: shelf colours.
    pub palettes: Vec<(String, String)>,
    /// `images/*.png`: pictures; templates name them as they are named here.
    pub images: Vec<(String, Vec<u8>)>,
    /// `fonts/*.ttf`, `*.otf`: asked for letters that the built-in fonts lack.
    pub fonts: Vec<(String, Vec<u8>)>,
}

impl Labels {
    /// The text of a built-in template's file.
    pub fn built_in_text(file: &str) -> Option<&'static str> {
        TEMPLATES.iter().find(|(name, _)| *name == file).map(|(_, text)| *text)
    }

    /// Reads the built-in files and a site's own. A faulty file is told and left out; the others stand.
    pub fn load(site: &Files) -> Result<(Labels, Vec<TemplateError>), LabelError> {
        let mut faults = Vec::new();
        let (stocks, mut wrong) = layered(STOCKS, &site.media, Stock::parse, |stock| &stock.name);
        faults.append(&mut wrong);
        let (palettes, mut wrong) = layered(PALETTES, &site.palettes, Palette::parse, |palette| &palette.name);
        faults.append(&mut wrong);
        let mut pictures = Pictures::default();
        for (file, png) in &site.images {
            faults.extend(pictures.add(file, png).err());
        }
        let mut typeface = Typeface::new()?;
        for (file, font) in &site.fonts {
            faults.extend(typeface.add(file, font).err());
        }
        let mut labels = Labels { typeface, stocks, palettes, pictures, templates: Vec::new() };
        let check = |file: &str, text: &str| labels.check(file, text);
        let (templates, mut wrong) = layered(TEMPLATES, &site.templates, check, |template: &Template| &template.name);
        faults.append(&mut wrong);
        labels.templates = templates;
        Ok((labels, faults))
    }
}

/// Built-in ones, then the site's over them; in the order of their names.
fn layered<T>(
    built_in: &[(&str, &str)],
    site: &[(String, String)],
    parse: impl Fn(&str, &str) -> Result<T, TemplateError>,
    name: impl Fn(&T) -> &String,
) -> (Vec<T>, Vec<TemplateError>) {
    let mut faults = Vec::new();
    let mut all: Vec<(bool, T)> = Vec::new();
    let built_in = built_in.iter().map(|(file, text)| (false, *file, *text));
    let site = site.iter().map(|(file, text)| (true, file.as_str(), text.as_str()));
    for (own, file, text) in built_in.chain(site) {
        match parse(file, text) {
            Err(fault) => faults.push(fault),
            Ok(read) => match all.iter().position(|(_, known)| name(known) == name(&read)) {
                Some(at) if own && all.get(at).is_some_and(|(own, _)| *own) => faults.push(TemplateError {
                    file: file.to_owned(),
                    line: 1,
                    fault: format!("another file is called `{}` too", name(&read)),
                    fix: "give one of them another `name`".to_owned(),
                }),
                Some(at) => {
                    all.remove(at);
                    all.push((own, read));
                }
                None => all.push((own, read)),
            },
        }
    }
    all.sort_by(|(_, a), (_, b)| name(a).cmp(name(b)));
    (all.into_iter().map(|(_, read)| read).collect(), faults)
}
