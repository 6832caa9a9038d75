mod fuzz;
mod site;

use super::*;
use outguide_hardware::display::Item;

fn target(format: Format, dpi: u16) -> Target {
    Target { format, dpi, copies: 1 }
}

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
fn the_built_in_files_are_sound() {
    let (labels, faults) = Labels::load(&Files::default()).unwrap();
    assert!(faults.is_empty(), "{}", faults.iter().map(|fault| format!("\n{fault}")).collect::<String>());
    assert_eq!(labels.templates().len(), built_in::TEMPLATES.len());
    assert_eq!(labels.stocks().len(), built_in::STOCKS.len());
}

/// To look at what is shipped: OUTGUIDE_LABEL_DIR=/tmp/x cargo test --lib labels
#[test]
fn every_template_prints_its_sample_everywhere() {
    let labels = Labels::built_in().unwrap();
    let dir = std::env::var("OUTGUIDE_LABEL_DIR").ok();
    for template in labels.templates() {
        let data = LabelData::sample_of(template.subject);
        for (format, dpi) in [(Format::Pdf, 600), (Format::Svg, 300), (Format::Printer("zpl"), 203)] {
            let target = Target { format, dpi, copies: 1 };
            let rendered = labels.render(&template.name, &data, target).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(rendered.notes, [], "{}", template.name);
            if let Some(dir) = &dir {
                let file = format!("{dir}/{}.{}", template.name, format.extension());
                std::fs::write(file, &rendered.bytes).unwrap();
            }
        }
    }
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
    assert_eq!(notes[3], [Note::Missing(vec!['😀'])]);
    assert_eq!(notes[4], []);
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

/// What is kept of earlier labels must not show, nor which of several threads made them.
#[test]
fn labels_made_side_by_side_are_those_made_alone() {
    let (shared, target) = (Labels::built_in().unwrap(), target(Format::Printer("zpl"), 203));
    let chart = |n: usize| named(&format!("Of the {n}th bed"), "Ana");
    let make = |labels: &Labels, n: usize| labels.render("volume-2x1", &chart(n), target).unwrap().bytes;
    let side_by_side: Vec<Vec<Vec<u8>>> = std::thread::scope(|scope| {
        let start = |turn: usize| scope.spawn(move || (0..200).map(|n| make(shared, (n * 7 + turn) % 200)).collect());
        let threads: Vec<_> = (0..3).map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (fresh, _) = Labels::load(&Files::default()).unwrap();
    let alone: Vec<Vec<u8>> = (0..200).map(|n| make(&fresh, n)).collect();
    for (turn, made) in side_by_side.iter().enumerate() {
        for (n, bytes) in made.iter().enumerate() {
            assert!(*bytes == alone[(n * 7 + turn) % 200], "label {n} of thread {turn}");
        }
    }
}
