//! HID report descriptors (Device Class Definition for HID 1.11, section 6.2.2): where in which report each usage stands.
//!
//! Read as far as a scanner needs it: fields with their usages, sizes and counts. Long items are skipped, designators,
//! strings and physical units mean nothing here.

/// No descriptor is longer (the kernel's own limit).
pub const DESCRIPTOR_MAX_BYTES: usize = 4096;
/// No report is longer than this, in bits; a descriptor that says so is not believed.
const REPORT_MAX_BITS: usize = 8 * 4096;
/// Fields and reports that are remembered. A scanner has a few dozen.
const FIELDS_MAX: usize = 4096;
/// Nested PUSH items.
const DEPTH_MAX: usize = 16;

/// Which way a report goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportKind {
    /// From the device.
    Input,
    /// To the device.
    Output,
    /// Both, when asked.
    Feature,
}

/// A value in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Which way its report goes.
    pub kind: ReportKind,
    /// The report's id; 0 where the device uses none.
    pub report_id: u8,
    /// Usage page and usage.
    pub usage: (u16, u16),
    /// Where it begins, in bits from the start of the report's data (its id not counted).
    pub bit_offset: usize,
    /// How wide one value is, in bits.
    pub bits: usize,
    /// How many values of this usage follow each other.
    pub count: usize,
}

/// All fields of a device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// In the order of the descriptor.
    pub fields: Vec<Field>,
    lengths: Vec<((ReportKind, u8), usize)>,
    numbered: bool,
}

/// A descriptor that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the HID report descriptor is not well formed")]
pub struct DescriptorError;

#[derive(Debug, Clone, Copy, Default)]
struct Globals {
    page: u16,
    report_size: usize,
    report_count: usize,
    report_id: u8,
}

impl Descriptor {
    /// Reads a descriptor.
    pub fn parse(bytes: &[u8]) -> Result<Descriptor, DescriptorError> {
        if bytes.len() > DESCRIPTOR_MAX_BYTES {
            return Err(DescriptorError);
        }
        let mut reader = Reader::default();
        let mut rest = bytes;
        while let Some((prefix, after)) = rest.split_first() {
            // 1111 11xx: a long item, its length in the next byte, its tag after that.
            if prefix & 0xFC == 0xFC {
                let length = usize::from(*after.first().ok_or(DescriptorError)?);
                rest = after.get(2 + length..).ok_or(DescriptorError)?;
                continue;
            }
            let size = [0, 1, 2, 4][usize::from(prefix & 0x03)];
            let (data, after) = after.split_at_checked(size).ok_or(DescriptorError)?;
            reader.item(prefix & 0xFC, data)?;
            rest = after;
        }
        Ok(reader.descriptor)
    }

    /// Does the device put the report's id before each report?
    pub fn numbered(&self) -> bool {
        self.numbered
    }

    /// A report's length in bytes, its id not counted.
    pub fn report_bytes(&self, kind: ReportKind, report_id: u8) -> usize {
        let found = self.lengths.iter().find(|(report, _)| *report == (kind, report_id));
        found.map_or(0, |(_, bits)| bits.div_ceil(8))
    }

    /// The first field of this usage.
    pub fn field(&self, kind: ReportKind, usage: (u16, u16)) -> Option<Field> {
        self.fields.iter().find(|field| field.kind == kind && field.usage == usage).copied()
    }
}

#[derive(Default)]
struct Reader {
    globals: Globals,
    pushed: Vec<Globals>,
    /// Page, where the item named it itself, and usage.
    usages: Vec<(Option<u16>, u16)>,
    range_from: Option<(Option<u16>, u16)>,
    descriptor: Descriptor,
}

impl Reader {
    fn item(&mut self, tag: u8, data: &[u8]) -> Result<(), DescriptorError> {
        let value = data.iter().rev().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
        let low = u16::try_from(value & 0xFFFF).map_err(|_| DescriptorError)?;
        let usage = (u16::try_from(value >> 16).ok().filter(|_| data.len() == 4), low);
        match tag {
            // Main items: Input, Output, Feature, Collection, End Collection.
            0x80 => self.fields(ReportKind::Input, value)?,
            0x90 => self.fields(ReportKind::Output, value)?,
            0xB0 => self.fields(ReportKind::Feature, value)?,
            0xA0 | 0xC0 => {}
            // Global items: Usage Page, Report Size, Report ID, Report Count, Push, Pop.
            0x04 => self.globals.page = low,
            0x74 => self.globals.report_size = usize::from(low),
            0x84 => {
                self.globals.report_id = u8::try_from(value).map_err(|_| DescriptorError)?;
                self.descriptor.numbered = true;
            }
            0x94 => self.globals.report_count = usize::from(low),
            0xA4 if self.pushed.len() < DEPTH_MAX => self.pushed.push(self.globals),
            0xA4 => return Err(DescriptorError),
            0xB4 => self.globals = self.pushed.pop().ok_or(DescriptorError)?,
            // Local items: Usage, Usage Minimum, Usage Maximum.
            0x08 => self.usage(usage)?,
            0x18 => self.range_from = Some(usage),
            0x28 => {
                let (page, from) = self.range_from.take().ok_or(DescriptorError)?;
                for one in from..=low {
                    self.usage((page, one))?;
                }
            }
            _ => {}
        }
        // Local items hold up to the next main item.
        if matches!(tag, 0x80 | 0x90 | 0xA0 | 0xB0 | 0xC0) {
            self.usages.clear();
            self.range_from = None;
        }
        Ok(())
    }

    fn usage(&mut self, usage: (Option<u16>, u16)) -> Result<(), DescriptorError> {
        if self.usages.len() >= FIELDS_MAX {
            return Err(DescriptorError);
        }
        self.usages.push(usage);
        Ok(())
    }

    fn fields(&mut self, kind: ReportKind, flags: u32) -> Result<(), DescriptorError> {
        /// "Constant": padding. "Variable": each value has a usage of its own.
        const CONSTANT: u32 = 1;
        const VARIABLE: u32 = 2;
        let Globals { page, report_size, report_count, report_id } = self.globals;
        let start = self.grow(kind, report_id, report_size * report_count)?;
        if flags & CONSTANT != 0 || flags & VARIABLE == 0 {
            return Ok(());
        }
        let mut at = 0;
        for (index, (own_page, usage)) in self.usages.iter().enumerate().take(report_count) {
            // The last usage holds for all values that are left.
            let count = if index + 1 == self.usages.len() { report_count - index } else { 1 };
            if self.descriptor.fields.len() >= FIELDS_MAX {
                return Err(DescriptorError);
            }
            self.descriptor.fields.push(Field {
                kind,
                report_id,
                usage: (own_page.unwrap_or(page), *usage),
                bit_offset: start + at * report_size,
                bits: report_size,
                count,
            });
            at += count;
        }
        Ok(())
    }

    /// Makes a report longer; where the new part begins.
    fn grow(&mut self, kind: ReportKind, report_id: u8, bits: usize) -> Result<usize, DescriptorError> {
        let lengths = &mut self.descriptor.lengths;
        let at = lengths.iter().position(|(report, _)| *report == (kind, report_id)).unwrap_or_else(|| {
            lengths.push(((kind, report_id), 0));
            lengths.len() - 1
        });
        let (_, length) = lengths.get_mut(at).ok_or(DescriptorError)?;
        let start = *length;
        *length += bits;
        if *length > REPORT_MAX_BITS { Err(DescriptorError) } else { Ok(start) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usages_ranges_padding_and_pushed_globals_are_placed() {
        // Two buttons by range, six bits of padding, then a pushed page with one 16-bit value.
        let bytes = [
            0x05, 0x09, 0x19, 0x01, 0x29, 0x02, 0x75, 0x01, 0x95, 0x02, 0x81, 0x02, 0x95, 0x06, 0x81, 0x03, 0xA4, 0x05,
            0x01, 0x09, 0x30, 0x75, 0x10, 0x95, 0x01, 0x81, 0x02, 0xB4, 0x09, 0x07, 0x81, 0x02,
        ];
        let descriptor = Descriptor::parse(&bytes).unwrap();
        let at: Vec<_> = descriptor.fields.iter().map(|f| (f.usage, f.bit_offset, f.bits, f.count)).collect();
        assert_eq!(at, [((9, 1), 0, 1, 1), ((9, 2), 1, 1, 1), ((1, 0x30), 8, 16, 1), ((9, 7), 24, 1, 6)]);
        assert_eq!((descriptor.report_bytes(ReportKind::Input, 0), descriptor.numbered()), (4, false));
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for wrong in [&[0x05][..], &[0xB4], &[0x29, 0x02], &[0xFE], &[0xFE, 0x04, 0x00, 0x01], &[0x87, 0, 1, 0, 0]] {
            assert_eq!(Descriptor::parse(wrong), Err(DescriptorError), "{wrong:x?}");
        }
        assert_eq!(Descriptor::parse(&vec![0xC0; DESCRIPTOR_MAX_BYTES + 1]), Err(DescriptorError));
        let huge = [0x76, 0xFF, 0xFF, 0x96, 0xFF, 0xFF, 0x09, 0x01, 0x81, 0x02];
        assert_eq!(Descriptor::parse(&huge), Err(DescriptorError));
        assert_eq!(Descriptor::parse(&[]).unwrap(), Descriptor::default());
    }
}
