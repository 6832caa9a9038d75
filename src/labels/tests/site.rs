//! A site's own directory, sheets and batches.

use super::*;
use crate::labels::many::LABELS_MOST;

const OWN: &str = "name = 'own'\ntitle = 'Own'\nstock = '2x1'\nfields = ['number', 'barcode']\n\
    [[filing-number]]\nx = 2\ny = 2\nwidth = 46\nheight = 8\ncap = 8\nothers = 0.7\n\
    [[datamatrix]]\nvalue = '{barcode}'\nx = 2\ny = 14\nsize = 8\nmodule = 0.5\n";

fn named_text(file: &str, text: &str) -> (String, String) {
    (file.to_owned(), text.to_owned())
}

#[test]
fn a_site_adds_and_overrides_and_one_faulty_file_stays_alone() {
    let folder = include_str!("../../../label-templates/folder-4x2.toml").replace("Folder label 4 × 2 in", "Ours");
    let site = Files {
        templates: vec![
            named_text("a.toml", OWN),
            named_text("b.toml", &folder),
            named_text("c.toml", &OWN.replace("cap = 8", "cap = 80")),
            named_text("d.toml", OWN),
        ],
        media: vec![named_text("media/e.toml", "name = 'x'")],
        palettes: vec![named_text("palettes/f.toml", "name = 'shelf'\ntitle = 'x'\ncolour = []\n")],
        images: vec![("logo.png".to_owned(), b"no picture".to_vec())],
        fonts: vec![("fonts/g.ttf".to_owned(), b"no font".to_vec())],
    };
    let (labels, faults) = Labels::load(&site).unwrap();
    assert_eq!(labels.templates().len(), built_in::TEMPLATES.len() + 1);
    assert_eq!(labels.template("folder-4x2").unwrap().title, "Ours");
    assert!(labels.render("own", &LabelData::sample(), target(Format::Pdf, 300)).is_ok());
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let expected = [
        "media/e.toml:1: missing field `title`; add it",
        "palettes/f.toml:1: digit 0 has no colour",
        "logo.png:1: this is no PNG",
        "fonts/g.ttf:1: ",
        "c.toml:5: `cap` must fit `height`",
        "d.toml:1: another file is called `own` too",
    ];
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
    for (fault, expected) in faults.iter().zip(expected) {
        assert!(fault.starts_with(expected), "{fault}\n  expected {expected}");
    }
}

#[test]
fn a_sites_font_and_picture_are_used() {
    let font = include_bytes!("../../../label-templates/fonts/NotoSansThai-Regular.ttf").to_vec();
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 2, 2);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&[0; 4]).unwrap();
    let picture = "[[image]]\nfile = 'logo.png'\nx = 30\ny = 12\nwidth = 10\nheight = 10\n";
    let site = Files {
        templates: vec![named_text("own.toml", &format!("{OWN}{picture}"))],
        images: vec![("logo.png".to_owned(), png)],
        fonts: vec![("fonts/thai.ttf".to_owned(), font)],
        ..Files::default()
    };
    let (labels, faults) = Labels::load(&site).unwrap();
    assert_eq!(faults, []);
    let (list, _) = labels.lay_out("own", &LabelData::sample(), 203).unwrap();
    let pictures = list.items.iter().filter(|item| matches!(item, Item::Picture(dots) if dots.width() == 80)).count();
    assert_eq!(pictures, 1);
    let fault = Labels::built_in().unwrap().check("own.toml", &format!("{OWN}{picture}")).unwrap_err().to_string();
    assert_eq!(fault, "own.toml:18: there is no picture `logo.png`; put the PNG into `images` of the label directory");
}

#[test]
fn a_template_is_previewed_while_it_is_written() {
    let labels = Labels::built_in().unwrap();
    let preview = labels.preview("own.toml", OWN, None).unwrap();
    assert!(preview.svg.starts_with(b"<svg") && preview.notes.is_empty());
    let text = OWN.replace("[[datamatrix]]", "[[text]]\nprinters-font = true\noverflow = 'refuse'\ncap = 2\nheight = 3\nwidth = 40\nvalue = '{barcode}'\nx = 2\ny = 12\n#");
    let text = text.split('#').next().unwrap();
    let preview = labels.preview("own.toml", text, None).unwrap();
    assert_eq!(preview.notes, [Note::PrintersFont("C00000001700163".to_owned())]);
    // A place in another's data is no reason to fail: the sample stands in.
    assert!(labels.preview("own.toml", OWN, Some(&LabelData::sample_of(Subject::Place))).is_ok());
    let fault = labels.preview("own.toml", &OWN.replace("module = 0.5", "module = 0.7"), None).unwrap_err();
    assert_eq!((fault.line, fault.fix.as_str()), (12, "make the area larger or the module narrower"), "{fault}");
    let fault = labels.preview("own.toml", &OWN.replace("y = 14", "y = 17"), None).unwrap_err();
    assert!(fault.to_string().starts_with("own.toml:12: the element reaches"), "{fault}");
}

fn parts(batch: Batch<'_>, count: usize) -> Result<Vec<Part>, LabelError> {
    let mut parts = Vec::new();
    let data = LabelData::sample();
    Labels::built_in().unwrap().render_many(batch, std::iter::repeat_n(&data, count), |part| {
        parts.push(part);
        Ok::<(), LabelError>(())
    })?;
    Ok(parts)
}

fn pages(part: &Part) -> usize {
    let text = String::from_utf8_lossy(&part.bytes);
    let tree = text.split("/Type/Pages").nth(1).expect("a page tree");
    let count = tree.split("/Count").nth(1).expect("a count");
    count.trim_start().chars().take_while(char::is_ascii_digit).collect::<String>().parse().expect("a number")
}

#[test]
fn sheets_start_anywhere_and_parts_end_with_a_sheet() {
    let batch = Batch {
        template: "folder-4x2",
        stock: Some("letter-5163"),
        start: 9,
        target: target(Format::Pdf, 300),
        part_labels: 5,
    };
    let made = parts(batch, 23).unwrap();
    // Two on the begun sheet, ten on the next, ten, and one; parts of five labels or more end with a sheet.
    let counts: Vec<_> = made.iter().map(|part| (part.number, part.first, part.labels)).collect();
    assert_eq!(counts, [(1, 0, 12), (2, 12, 10), (3, 22, 1)]);
    assert_eq!(made.iter().map(pages).collect::<Vec<_>>(), [2, 1, 1]);
    assert_eq!(parts(batch, 23).unwrap(), made, "the same input gives the same bytes");
    let copies = Batch { target: Target { copies: 3, ..batch.target }, part_labels: 100, ..batch };
    assert_eq!(pages(&parts(copies, 4).unwrap()[0]), 2);
    assert!(parts(batch, 0).unwrap().is_empty());
}

#[test]
fn rolls_are_one_label_after_the_other() {
    let target = Target { copies: 2, ..target(Format::Printer("zpl"), 203) };
    let batch = Batch { template: "folder-4x2", stock: None, start: 1, target, part_labels: usize::MAX };
    let made = parts(batch, LABELS_MOST + 1).unwrap();
    assert_eq!(made.iter().map(|part| part.labels).collect::<Vec<_>>(), [LABELS_MOST, 1]);
    let zpl = String::from_utf8(made[1].bytes.clone()).unwrap();
    assert_eq!((zpl.matches("^XA").count(), zpl.matches("^PQ2").count()), (1, 1));
}

#[test]
fn wrong_batches_are_answered() {
    let batch = Batch {
        template: "folder-4x2",
        stock: Some("letter-5163"),
        start: 1,
        target: target(Format::Pdf, 300),
        part_labels: 1,
    };
    let fault = |batch| parts(batch, 1).unwrap_err().to_string();
    assert_eq!(fault(Batch { start: 11, ..batch }), "a sheet of this stock has places 1 to 10, not 11");
    assert_eq!(fault(Batch { start: 0, ..batch }), "a sheet of this stock has places 1 to 10, not 0");
    assert!(
        fault(Batch { stock: Some("letter-5160"), ..batch }).contains("made for stock `4x2`, not for `letter-5160`")
    );
    assert!(fault(Batch { stock: Some("letter-5136"), ..batch }).contains("did you mean `letter-5163`?"));
    assert!(fault(Batch { template: "place-4x2", ..batch }).contains("is for place labels and was given a chart"));
    assert!(parts(Batch { stock: Some("a4-105x57"), ..batch }, 1).is_ok());
}
