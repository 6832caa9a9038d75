use super::*;
use outguide_hardware::display::Item;

fn make(data: &LabelData, format: Format, dpi: u16) -> Vec<u8> {
    let rendered = render("folder-4x2", data, Target { format, dpi, copies: 1 }).unwrap();
    // To look at what the tests look at: OUTGUIDE_LABEL_DIR=/tmp/x cargo test --lib labels
    if let Ok(dir) = std::env::var("OUTGUIDE_LABEL_DIR") {
        std::fs::write(
            format!("{dir}/{}-{dpi}.{}", data.field(Field::Name).len(), format.extension()),
            &rendered.bytes,
        )
        .unwrap();
    }
    rendered.bytes
}

fn named(last: &str, first: &str) -> LabelData {
    let chart = ChartLabel { last_name: last.to_owned(), first_name: first.to_owned(), ..ChartLabel::sample() };
    LabelData::chart(&chart)
}

fn hostile() -> Vec<LabelData> {
    let names = [
        ("^XA^FDx^FS^XZ~JR", "\"quoted\" <b>&amp; \\back"),
        ("Ó Súilleabháin-Featherstonehaugh", "Maximiliane Alexandra Wilhelmine Friederike von und zu"),
        ("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", ""),
        ("名前", "😀\u{202e}evil\u{0}\u{1b}[2J\r\n^XZ"),
        ("אבג", "\u{200b}"),
    ];
    let data = |(last, first): (&str, &str)| named(last, first);
    names.into_iter().map(data).collect()
}

#[test]
fn the_built_in_templates_are_sound() {
    let labels = Labels::built_in().unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(labels.templates().len(), built_in::TEMPLATES.len());
}

#[test]
fn equal_input_gives_equal_bytes() {
    let data = LabelData::sample();
    for format in [Format::Pdf, Format::Svg, Format::Printer("zpl")] {
        for dpi in [203, 300, 600] {
            assert_eq!(make(&data, format, dpi), make(&data, format, dpi));
        }
    }
}

#[test]
fn no_data_breaks_out_of_a_label() {
    for data in hostile() {
        let zpl = String::from_utf8(make(&data, Format::Printer("zpl"), 203)).unwrap();
        assert_eq!((zpl.matches("^XA").count(), zpl.matches("^XZ").count()), (1, 1));
        assert!(!zpl.contains('~') && zpl.matches("^FD").count() == zpl.matches("^FH^FD").count());
        let svg = String::from_utf8(make(&data, Format::Svg, 203)).unwrap();
        assert!(!svg.contains("<b>") && !svg.contains('\u{202e}') && !svg.contains('\u{1b}'));
        assert!(make(&data, Format::Pdf, 600).starts_with(b"%PDF-"));
    }
}

#[test]
fn long_names_stay_in_their_area_and_cut_ones_are_told() {
    let labels = Labels::built_in().unwrap();
    let cut = |data: &LabelData| {
        let (list, notes) = labels.lay_out("folder-4x2", data, 203).unwrap();
        for item in &list.items {
            if let Item::Text(run) = item {
                assert!(run.x >= 0 && run.x + run.width <= list.width, "{run:?}");
            }
        }
        notes
    };
    let notes: Vec<_> = hostile().iter().map(cut).collect();
    assert!(notes[..3].iter().all(Vec::is_empty), "{notes:?}");
    assert_eq!(notes[3], [Note::Missing(vec!['名', '前', '😀'])]);
    assert_eq!(notes[4], [Note::Missing(vec!['א', 'ב', 'ג'])]);
    let endless = named(&"Ma ".repeat(60), &"M".repeat(100));
    assert!(matches!(cut(&endless).as_slice(), [Note::Cut(_)]));
}

#[test]
fn code_128_modules_are_whole_dots_of_a_quarter_millimetre_or_more() {
    for dpi in RESOLUTIONS {
        let (list, _) = Labels::built_in().unwrap().lay_out("folder-4x2", &LabelData::sample(), dpi).unwrap();
        let symbols: Vec<_> =
            list.items.iter().filter_map(|item| if let Item::Symbol(s) = item { Some(s) } else { None }).collect();
        assert_eq!(symbols.len(), 2);
        for symbol in symbols {
            assert!(f64::from(symbol.module) * 25.4 / f64::from(dpi) >= 0.25);
            assert_eq!(symbol.payload, "C00000001700163");
        }
    }
}

#[test]
fn wrong_requests_are_answered() {
    let target = Target { format: Format::Svg, dpi: 203, copies: 1 };
    let error = render("folder-4x3", &LabelData::sample(), target).unwrap_err().to_string();
    assert_eq!(error, "there is no label template `folder-4x3`; did you mean `folder-4x2`?");
    let error = render("folder-4x2", &LabelData::sample(), Target { dpi: 10, ..target }).unwrap_err();
    assert_eq!(error, LabelError::Resolution(10));
    let long = LabelData::chart(&ChartLabel { mrn: "9".repeat(40), ..ChartLabel::sample() });
    assert!(render("folder-4x2", &long, target).is_ok());
}

/// Changes of the label's bytes are meant to be seen: look at the label, then take the new sums over.
#[test]
fn the_folder_label_is_as_it_was_looked_at() {
    use sha2::{Digest, Sha256};
    let sum = |format, dpi| hex::encode(Sha256::digest(make(&LabelData::sample(), format, dpi)));
    let sums = [sum(Format::Pdf, 600), sum(Format::Svg, 203), sum(Format::Printer("zpl"), 203)];
    assert_eq!(
        sums,
        [
            "04753e8c1c463097905407bcb814665d358004b4ae34f732d90c60f9a088bd1c",
            "b40a12e269b390d6c737e24ac0ac9a3018809622ddaa6e7d07e5a64952688b8e",
            "253b9d151fd9f78cbce512ec0f1585419578516ce7a6bfa4b3932253a7d2906e",
        ]
    );
}
