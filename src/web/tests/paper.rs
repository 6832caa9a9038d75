//! Printed matter for tests that print nothing.

use crate::web::{LabelForm, PaperError, Papers, Shown, StockView, TemplateFault, TemplateTrial, TemplateView};

pub(super) struct NoPaper;

impl Papers for NoPaper {
    fn label(&self, _template: &str, chart: Option<Shown>, _form: LabelForm) -> Result<Vec<u8>, PaperError> {
        Ok(format!("label of {chart:?}").into_bytes())
    }

    fn downtime_list(&self) -> Result<Vec<u8>, PaperError> {
        Err(PaperError::Failed("no printer's ink".to_owned()))
    }

    fn templates(&self) -> Vec<TemplateView> {
        let view = |name: &str, about: &str| TemplateView {
            name: name.to_owned(),
            title: name.to_owned(),
            about: about.to_owned(),
            stock: self.stocks()[0].clone(),
            file: format!("{name}.toml"),
            own: false,
            tells_patient: true,
        };
        vec![view("folder-4x2", "chart"), view("place-card", "place")]
    }

    fn template_text(&self, name: &str) -> Option<String> {
        (name == "folder-4x2").then(|| "name = \"folder-4x2\"".to_owned())
    }

    fn template_faults(&self) -> Vec<TemplateFault> {
        Vec::new()
    }

    fn try_template(&self, file: &str, text: &str, _chart: Option<Shown>) -> Result<TemplateTrial, PaperError> {
        let fault = (text.is_empty()).then(|| TemplateFault {
            file: file.to_owned(),
            line: 1,
            fault: "it is empty".to_owned(),
            fix: "write something".to_owned(),
        });
        Ok(TemplateTrial { fault, ..TemplateTrial::default() })
    }

    fn stocks(&self) -> Vec<StockView> {
        let title = "4 x 2 in".to_owned();
        vec![StockView { name: "4x2".into(), title, width_mm: 101.6, height_mm: 50.8, per_sheet: 1, columns: 1 }]
    }
}
