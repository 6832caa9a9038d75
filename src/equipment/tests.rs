use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;

fn printer() -> Equipment {
    Equipment {
        id: EquipmentId(1),
        described: Described {
            kind: EquipmentKind::Printer,
            name: "Zebra at the window".into(),
            make: Some("Zebra".into()),
            model: None,
            serial: None,
            place: None,
            device: None,
            purchased_on: None,
            warranty_until: None,
            service_every: Some(6),
            service_unit: Some(ServiceUnit::Months),
            service_work: None,
        },
        registered_on: date(2026, 8, 31),
        last_service_on: None,
        retired: false,
    }
}

#[test]
fn a_service_is_due_an_interval_after_the_last_one_else_after_purchase_else_after_registration() {
    let registered = printer();
    assert_eq!(registered.next_service(), Some(date(2027, 2, 28)), "a month's last day stays in the month");
    let mut bought = registered.clone();
    bought.described.purchased_on = Some(date(2026, 1, 15));
    assert_eq!(bought.next_service(), Some(date(2026, 7, 15)));
    let serviced = Equipment { last_service_on: Some(date(2026, 9, 1)), ..bought.clone() };
    assert_eq!(serviced.next_service(), Some(date(2027, 3, 1)));
    assert_eq!(Equipment { retired: true, ..serviced }.next_service(), None);
    bought.described.service_every = None;
    assert_eq!(bought.next_service(), None, "no schedule is known");
}

#[test]
fn what_is_wrong_is_named_with_its_field() {
    let today = date(2026, 11, 26);
    let fault = |change: fn(&mut Described)| {
        let mut described = printer().described;
        change(&mut described);
        described.trimmed().fault(today).map(|(_, field, _)| field)
    };
    assert_eq!(fault(|_| ()), None);
    assert_eq!(fault(|it| it.name = "  ".into()), Some("name"));
    assert_eq!(fault(|it| it.serial = Some("9".repeat(121))), Some("serial"));
    assert_eq!(fault(|it| it.service_every = Some(0)), Some("service_every"));
    assert_eq!(fault(|it| it.service_unit = None), Some("service_unit"));
    assert_eq!(fault(|it| it.service_every = None), Some("service_every"));
    assert_eq!(fault(|it| it.purchased_on = Some(date(2026, 11, 27))), Some("purchased_on"));
    assert_eq!(fault(|it| it.warranty_until = Some(date(1900, 1, 1))), Some("warranty_until"));
    assert_eq!(
        fault(|it| (it.purchased_on, it.warranty_until) = (Some(date(2026, 1, 2)), Some(date(2026, 1, 1)))),
        Some("warranty_until")
    );
    assert_eq!(fault(|it| (it.kind, it.device) = (EquipmentKind::Shelving, Some("x".into()))), Some("device"));
}

proptest! {
    #[test]
    fn the_next_service_is_after_the_last_and_never_panics(every in 0u16.., unit in 0u8..3, days in 0i32..100_000) {
        let mut it = printer();
        it.described.service_every = Some(every);
        it.described.service_unit = Some([ServiceUnit::Days, ServiceUnit::Weeks, ServiceUnit::Months][usize::from(unit)]);
        let last: Date = date(1950, 1, 1).saturating_add(jiff::Span::new().days(days));
        it.last_service_on = Some(last);
        if let Some(next) = it.next_service() {
            prop_assert!(next >= last && (every == 0 || next > last));
        }
    }
}
