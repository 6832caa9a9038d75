use std::path::Path;

use outguide_hardware::printer::ipp_access::IppAccess;

use super::*;
use crate::custody::Language;

fn faults(text: &str) -> Vec<String> {
    let error = Config::parse(text, Some(Path::new("outguide.toml"))).expect_err("faulty");
    error.faults.iter().map(|fault| fault.located(error.file.as_deref())).collect()
}

#[test]
fn an_empty_file_is_the_defaults() {
    let config = Config::parse("", None).expect("defaults");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.data_dir, Path::new("./outguide-data"));
    assert!(config.kiosks.is_empty());
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_neighbour() {
    assert_eq!(
        faults("[server]\nlisten = \"127.0.0.1:1\"\ndata_dri = \"x\"\n"),
        ["outguide.toml:3: unknown key `data_dri`: did you mean `data_dir`?"]
    );
    assert!(faults("[sever]\n")[0].contains("did you mean `server`?"));
}

#[test]
fn listening_in_clear_beyond_loopback_must_be_said_in_words() {
    assert!(faults("[server]\nlisten = \"0.0.0.0:8080\"\n")[0].starts_with("outguide.toml:2: `0.0.0.0:8080`"));
    Config::parse("[server]\nlisten = \"0.0.0.0:8080\"\ninsecure_http = true\n", None).expect("said in words");
}

#[test]
fn all_faults_are_told_at_once_each_with_its_line() {
    let text = "[hospital]\ntime_zone = \"Mars/Base\"\n\n[[kiosk]]\nid = \"er-1\"\nplace = \"E R\"\nprinter = \"zebra\"\n\n\
                [[scanner]]\nid = \"gun\"\nkiosk = \"er-2\"\ntransport = \"serial\"\nusb = \"xyz\"\n";
    let faults = faults(text);
    let lines: Vec<_> = faults.iter().map(|fault| fault.split(':').nth(1).expect("line").to_owned()).collect();
    assert_eq!(lines, ["2", "6", "7", "11", "13"], "{faults:#?}");
}

#[test]
fn the_rule_about_silent_scanners_is_checked_and_can_be_switched_off() {
    let rule = |text: &str| Config::parse(&format!("[silence]\n{text}"), None).expect("a rule").silence;
    assert_eq!(rule(""), Some(SilenceRule::default()));
    assert_eq!(rule("after = \"never\"\n"), None);
    let set = rule("after = \"90m\"\nusual_scans = 3\n").expect("on");
    assert_eq!((set.after.as_mins(), set.usual_scans), (90, 3));
    for (text, line, words) in [
        ("after = \"20m\"\n", 2, "whole quarters of an hour"),
        ("after = \"13h\"\n", 2, "\"never\""),
        ("after = \"-1h\"\n", 2, "\"never\""),
        ("after = \"soon\"\n", 2, "such as \"1h\""),
        ("usual_scans = 0\n", 2, "from 1 to 10000"),
        ("\nusual_scan = 5\n", 3, "did you mean `usual_scans`?"),
    ] {
        let faults = faults(&format!("[silence]\n{text}"));
        let found = faults[0].starts_with(&format!("outguide.toml:{line}: ")) && faults[0].contains(words);
        assert!(found, "{text}{faults:#?}");
    }
}

#[test]
fn the_sample_of_the_documentation_is_taken() {
    let text = r#"
[server]
listen = "127.0.0.1:8080"
data_dir = "./outguide-data"
[hospital]
name = "General Hospital"
time_zone = "America/New_York"
[backup]
every = "1h"
directory = "/srv/backup"
keep = 48
[numbering]
pattern = "^\\d{6}$"
filing = "terminal-digit"
[[barcode.legacy]]
pattern = "^(?<mrn>\\d{6})$"
[[kiosk]]
id = "er-1"
name = "Emergency"
place = "ER"
mode = "receive"
idle_sign_off_seconds = 120
printer = "records-zebra"
[[scanner]]
id = "er-1-gun"
kiosk = "er-1"
transport = "serial"
port = "/dev/ttyACM0"
baud = 9600
profile = "generic"
lane = "left"
[[printer]]
id = "records-zebra"
place = "FILE"
transport = "tcp"
address = "127.0.0.1:9100"
language = "zpl"
dpi = 203
stock = "folder-4x2"
"#;
    let config = Config::parse(text, None).expect("the sample");
    assert_eq!(config.kiosks[0].idle_sign_off_seconds, 120);
    assert_eq!(config.scanners[0].lane, "left");
    assert_eq!(config.backup.expect("backup").every, Duration::from_secs(3600));
}

#[test]
fn a_usb_id_may_name_the_serial_number() {
    let text = "[[kiosk]]\nid=\"k\"\nplace=\"ER\"\n[[scanner]]\nid=\"s\"\nkiosk=\"k\"\ntransport=\"serial\"\nusb=\"05e0:1701:S:1\"\n";
    let config = Config::parse(text, None).expect("usb id");
    let ScannerTransport::Serial { port, baud: None } = &config.scanners[0].transport else { panic!("serial") };
    assert_eq!(port.to_string(), "usb 05e0:1701:S:1");
}

#[test]
fn a_scanners_faults_name_their_line_and_what_to_write() {
    let kiosk = "[[kiosk]]\nid = \"k\"\nplace = \"ER\"\n[[scanner]]\nid = \"s\"\nkiosk = \"k\"\n";
    for (rest, line, words) in [
        ("transport = \"tpc\"\n", 7, "did you mean \"tcp\"?"),
        ("transport = \"bluetooth\"\n", 7, "use one of serial, tcp, hid, sim"),
        ("transport = \"tcp\"\n", 4, "needs address"),
        ("transport = \"tcp\"\naddress = \"moxa\"\n", 8, "write it as \"10.0.0.40:4001\""),
        ("transport = \"tcp\"\naddress = \"moxa:0\"\n", 8, "write it as"),
        ("transport = \"tcp\"\naddress = \"moxa:4001\"\nbaud = 9600\n", 9, "has no baud: give address"),
        ("transport = \"hid\"\n", 4, "needs usb"),
        ("transport = \"hid\"\nusb = \"gun\"\n", 8, "does not name a USB device"),
        ("transport = \"hid\"\nusb = \"05e0:1200\"\nport = \"/dev/hidraw0\"\n", 9, "has no port: give usb"),
        ("transport = \"serial\"\nport = \"/dev/ttyS0\"\naddress = \"x:1\"\n", 9, "has no address"),
        ("transport = \"sim\"\nport = \"/dev/ttyS0\"\n", 8, "leave it out"),
        ("transport = \"sim\"\necho_ms = 60001\n", 8, "from 0 (no code is an echo) to 60000"),
    ] {
        let faults = faults(&format!("{kiosk}{rest}"));
        assert!(
            faults[0].starts_with(&format!("outguide.toml:{line}: ")) && faults[0].contains(words),
            "{rest}{faults:#?}"
        );
    }
    let hid = format!("{kiosk}transport = \"hid\"\nusb = \"05e0:1200\"\nusb-path = \"1-2\"\necho_ms = 500\n");
    let config = Config::parse(&hid, None).expect("a scanner");
    let [scanner] = config.scanners.as_slice() else { panic!("one scanner") };
    assert_eq!((scanner.profile.as_str(), scanner.echo_window), ("hid", Duration::from_millis(500)));
    let ScannerTransport::Hid { usb } = &scanner.transport else { panic!("hid") };
    assert_eq!(usb.to_string(), "usb 05e0:1200 in socket 1-2");
}

#[test]
fn a_printers_faults_name_their_line_and_what_to_write() {
    let printer = |rest: &str| faults(&format!("[[printer]]\nid = \"p\"\n{rest}"));
    for (rest, line, words) in [
        ("transport = \"ipp\"\n", 1, "needs uri"),
        ("transport = \"ipp\"\nuri = \"socket://x/ipp/print\"\n", 4, "ipp://10.0.0.30/ipp/print"),
        ("transport = \"ipp\"\nuri = \"ipps://x/ipp/print\"\n", 4, "needs `certificate`"),
        ("transport = \"ipp\"\nuri = \"ipp://me:word@x/\"\n", 4, "`password_file` instead"),
        ("transport = \"ipp\"\nuri = \"ipp://x/\"\nuser = \"me\"\n", 5, "no password_file"),
        ("transport = \"ipp\"\nuri = \"ipp://x/\"\ncertificate = \"none.pem\"\n", 5, "none.pem cannot be read"),
        ("transport = \"tpc\"\n", 3, "did you mean \"tcp\"?"),
        ("transport = \"tcp\"\naddress = \"zebra:91oo\"\n", 4, "write it as"),
        ("transport = \"sim\"\nlanguage = \"pcl\"\n", 4, "zpl, brother-ql, brother-ql-wide, tspl, esc-pos, epl2, pdf"),
        ("transport = \"sim\"\nlanguage = \"brother-ql\"\ndpi = 203\n", 5, "brother-ql printers have 300"),
        ("transport = \"sim\"\nstatus = 1\n", 4, "true or false"),
        ("transport = \"sim\"\nlanguage = \"tspl\"\nodometer = true\n", 5, "leave it out"),
    ] {
        let faults = printer(rest);
        assert!(faults[0].starts_with(&format!("outguide.toml:{line}: ")) && faults[0].contains(words), "{faults:#?}");
    }
    let text = "[[printer]]\nid = \"p\"\ntransport = \"ipp\"\nuri = \"ipp://10.0.0.30/ipp/print\"\n\
                language = \"brother-ql\"\nstatus = false\nshared = true\n";
    let config = Config::parse(text, None).expect("a printer");
    let [printer] = config.printers.as_slice() else { panic!("one printer") };
    assert_eq!((printer.dpi, printer.status, printer.shared), (300, false, true));
    assert_eq!(
        printer.transport,
        PrinterTransport::Ipp { uri: "ipp://10.0.0.30/ipp/print".into(), access: IppAccess::default() }
    );
}

#[test]
fn a_kiosk_speaks_english_unless_it_is_told_another_language_that_there_is() {
    let kiosk = |more: &str| format!("[[kiosk]]\nid = \"er-1\"\nplace = \"ER\"\n{more}");
    let spoken = |more: &str| Config::parse(&kiosk(more), None).expect("good").kiosks[0].language();
    assert_eq!(spoken(""), Language::English);
    assert_eq!(spoken("language = \"es\"\n"), Language::Spanish);
    assert_eq!(
        faults(&kiosk("language = \"sp\"\n")),
        [
            "outguide.toml:4: \"sp\" is no language of a kiosk: use one of \"en\" (English), \"es\" (Español), \"fr\" (Français)"
        ]
    );
}
