//! The register of equipment: what there is, what its maker says must be done to it and how often, and when that is
//! next due. Pure: rows and dates come in.

#[cfg(test)]
mod tests;

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::barcode::PlaceCode;
use crate::records::{Fault, NAME_MAX_CHARS};

/// A piece's number in the register, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct EquipmentId(pub u32);

/// The number of a service in the log, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct ServiceId(pub u32);

/// What kind of equipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words say it")]
pub enum EquipmentKind {
    Scanner,
    Printer,
    KioskComputer,
    Copier,
    Shelving,
    Other,
}

/// What a service interval is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words say it")]
pub enum ServiceUnit {
    Days,
    Weeks,
    Months,
}

/// What people say of a piece of equipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Described {
    /// What kind.
    pub kind: EquipmentKind,
    /// What people call it.
    pub name: String,
    /// Its maker.
    #[serde(default)]
    pub make: Option<String>,
    /// The maker's name for it.
    #[serde(default)]
    pub model: Option<String>,
    /// The maker's serial number.
    #[serde(default)]
    pub serial: Option<String>,
    /// Where it stands.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^[A-Z0-9]{1,12}$")]
    pub place: Option<PlaceCode>,
    /// The id of the scanner, printer or kiosk that it is to Outguide, if it is one.
    #[serde(default)]
    pub device: Option<String>,
    /// When it was bought.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub purchased_on: Option<Date>,
    /// The last day of its warranty.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub warranty_until: Option<Date>,
    /// Its maker wants it serviced each time so many units have gone by; absent means that no schedule is known.
    #[serde(default)]
    pub service_every: Option<u16>,
    /// The unit; given with `service_every`.
    #[serde(default)]
    pub service_unit: Option<ServiceUnit>,
    /// What its maker wants done.
    #[serde(default)]
    pub service_work: Option<String>,
}

/// A piece of equipment, as registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Equipment {
    /// Its number in the register.
    pub id: EquipmentId,
    /// What people say of it.
    #[serde(flatten)]
    pub described: Described,
    /// The day on which it was registered, by the hospital's clock.
    #[schema(value_type = String, format = Date)]
    pub registered_on: Date,
    /// The day of the last service in the log.
    #[schema(value_type = Option<String>, format = Date)]
    pub last_service_on: Option<Date>,
    /// No longer in use.
    pub retired: bool,
}

impl Equipment {
    /// The day on which the next service is due: one interval after the last one, else after the purchase, else after
    /// the registration. `None` where no schedule is known, and of retired equipment.
    pub fn next_service(&self) -> Option<Date> {
        let interval = self.described.interval().filter(|_| !self.retired)?;
        let from = self.last_service_on.or(self.described.purchased_on).unwrap_or(self.registered_on);
        from.checked_add(interval).ok()
    }
}

/// What was done to a piece of equipment, as logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Service {
    /// Its number in the log.
    pub id: ServiceId,
    /// The piece.
    pub equipment: EquipmentId,
    /// The day it was done.
    #[schema(value_type = String, format = Date)]
    pub done_on: Date,
    /// Who did it: a person or a company.
    pub done_by: String,
    /// What was done.
    pub work: String,
    /// What it cost, in hundredths of the hospital's currency.
    pub cost_cents: Option<u32>,
    /// Logged by mistake: kept, and counts for nothing.
    pub struck: bool,
    /// Who logged it, as an entry's actor.
    pub logged_by: String,
    /// When it was logged.
    pub logged_at: Timestamp,
}

/// The longest description of work, in characters.
pub const WORK_MAX_CHARS: usize = 2_000;
/// The longest service interval, in its unit.
pub const EVERY_MAX: u16 = 1_000;
/// The first year that a date here may have.
const YEAR_MIN: i16 = 1950;
/// The last one.
const YEAR_MAX: i16 = 2200;

impl Described {
    fn interval(&self) -> Option<Span> {
        let every = i64::from(self.service_every?);
        Some(match self.service_unit? {
            ServiceUnit::Days => Span::new().days(every),
            ServiceUnit::Weeks => Span::new().weeks(every),
            ServiceUnit::Months => Span::new().months(every),
        })
    }

    /// The same without blanks around its texts; an empty text is none.
    #[must_use]
    pub fn trimmed(self) -> Described {
        let trim = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        Described {
            name: self.name.trim().to_owned(),
            make: trim(self.make),
            model: trim(self.model),
            serial: trim(self.serial),
            device: trim(self.device),
            service_work: trim(self.service_work),
            ..self
        }
    }

    /// What is wrong with it, if anything. `today` is the hospital's day.
    pub fn fault(&self, today: Date) -> Option<Fault> {
        if self.name.is_empty() {
            return Some(("refuse_when_name_is_empty", "name", "say what people call it".into()));
        }
        let name = Some(&self.name);
        let texts = [
            ("name", name, NAME_MAX_CHARS),
            ("make", self.make.as_ref(), NAME_MAX_CHARS),
            ("model", self.model.as_ref(), NAME_MAX_CHARS),
            ("serial", self.serial.as_ref(), NAME_MAX_CHARS),
            ("device", self.device.as_ref(), NAME_MAX_CHARS),
            ("service_work", self.service_work.as_ref(), WORK_MAX_CHARS),
        ];
        let long = |text: Option<&String>, max| text.is_some_and(|text| text.chars().count() > max);
        if let Some((field, _, max)) = texts.into_iter().find(|(_, text, max)| long(*text, *max)) {
            return Some(("refuse_when_text_is_too_long", field, format!("use at most {max} characters")));
        }
        self.device_fault().or_else(|| self.schedule_fault()).or_else(|| self.date_fault(today))
    }

    fn device_fault(&self) -> Option<Fault> {
        let is_device =
            matches!(self.kind, EquipmentKind::Scanner | EquipmentKind::Printer | EquipmentKind::KioskComputer);
        if self.device.is_some() && !is_device {
            let text = "only a scanner, a printer or a kiosk's computer has an id in Outguide: leave it empty";
            return Some(("refuse_when_kind_has_no_device", "device", text.into()));
        }
        None
    }

    fn schedule_fault(&self) -> Option<Fault> {
        match (self.service_every, self.service_unit) {
            (Some(every), _) if !(1..=EVERY_MAX).contains(&every) => {
                let text = format!("use 1 to {EVERY_MAX}, or leave it empty for no schedule");
                Some(("refuse_when_interval_is_out_of_range", "service_every", text))
            }
            (Some(_), None) => {
                Some(("refuse_when_interval_has_no_unit", "service_unit", "say days, weeks or months".into()))
            }
            (None, Some(_)) => {
                let text = "say how many, or leave the unit empty as well";
                Some(("refuse_when_unit_has_no_interval", "service_every", text.into()))
            }
            _ => None,
        }
    }

    fn date_fault(&self, today: Date) -> Option<Fault> {
        for (field, date) in [("purchased_on", self.purchased_on), ("warranty_until", self.warranty_until)] {
            if date.is_some_and(|date| !(YEAR_MIN..=YEAR_MAX).contains(&date.year())) {
                let text = format!("use a day from {YEAR_MIN} to {YEAR_MAX}");
                return Some(("refuse_when_date_is_out_of_range", field, text));
            }
        }
        if self.purchased_on.is_some_and(|day| day > today) {
            return Some(("refuse_when_date_is_in_the_future", "purchased_on", "that day is in the future".into()));
        }
        if self.purchased_on.zip(self.warranty_until).is_some_and(|(bought, until)| until < bought) {
            let text = "a warranty does not end before the purchase";
            return Some(("refuse_when_warranty_ends_before_purchase", "warranty_until", text.into()));
        }
        None
    }
}

impl Service {
    /// What is wrong with it, if anything. `today` is the hospital's day.
    pub fn fault(&self, today: Date) -> Option<Fault> {
        if self.done_on > today {
            return Some(("refuse_when_date_is_in_the_future", "done_on", "that day is in the future".into()));
        }
        if self.done_on.year() < YEAR_MIN {
            let text = format!("use a day from {YEAR_MIN} on");
            return Some(("refuse_when_date_is_out_of_range", "done_on", text));
        }
        for (field, text, max) in [("done_by", &self.done_by, NAME_MAX_CHARS), ("work", &self.work, WORK_MAX_CHARS)] {
            if text.is_empty() || text.chars().count() > max {
                return Some(("refuse_when_text_is_empty_or_too_long", field, format!("write 1 to {max} characters")));
            }
        }
        None
    }
}
