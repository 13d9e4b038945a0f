//! The form one page at a time, for those who prefer that to one long form: what is not on the page goes along hidden.

use super::Ask;
use crate::console::form::Form;

/// The field that says which page is shown; empty for the whole form.
pub(super) const PAGE: &str = "page";

/// One page of the form.
pub(super) struct Page {
    /// Its name in the form.
    pub(super) name: &'static str,
    /// What it asks.
    pub(super) title: &'static str,
    /// The fields on it; where there are rows, or parts of a date, what they begin with.
    fields: &'static [&'static str],
}

/// In the order in which they are filled in.
static PAGES: [Page; 6] = [
    Page {
        name: "defendant",
        title: "The defendant",
        fields: &[
            "given", "family", "aliases", "born", "crn", "sex", "pnc", "urn",
        ],
    },
    Page {
        name: "addresses",
        title: "Addresses",
        fields: &["address"],
    },
    Page {
        name: "children",
        title: "Children",
        fields: &["child"],
    },
    Page {
        name: "household",
        title: "Other adults of the household",
        fields: &["other"],
    },
    Page {
        name: "hearing",
        title: "The hearing",
        fields: &["purpose", "report", "court", "hearing"],
    },
    Page {
        name: "about",
        title: "What it is about",
        fields: &["circumstances", "concern", "kind", "note", "team", "behalf"],
    },
];

/// Fields that stand on every page.
const EVERYWHERE: [&str; 7] = [
    "request_id",
    "case",
    "addresses",
    "children",
    "others",
    "step",
    PAGE,
];

/// The page that is shown; `None` for the whole form.
pub(super) fn shown(form: &Form) -> Option<&'static Page> {
    let name = form.value(PAGE);
    PAGES.iter().find(|page| page.name == name)
}

/// Where the first page is shown, of the form about `case`, where it is about one.
pub(super) fn begun_at(case: &str) -> String {
    let fields = [(PAGE, PAGES[0].name), ("case", case)];
    let head = "/ask?".to_owned();
    let length = head.len();
    let mut query = form_urlencoded::Serializer::for_suffix(head, length);
    query.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
    query.finish()
}

/// Shows the first page.
pub(super) fn first(form: &mut Form) {
    form.set(PAGE, PAGES[0].name);
}

/// Turns to the page before the one that is shown, if there is one.
pub(super) fn back(form: &mut Form) {
    let number = shown(form).map_or(0, Page::number);
    let before = number.checked_sub(2).and_then(|place| PAGES.get(place));
    form.set(PAGE, before.unwrap_or(&PAGES[0]).name);
}

/// Turns to the page after the one that is shown, where nothing on that is wrong. Says whether there is none.
pub(super) fn next(form: &mut Form) -> bool {
    let Some(page) = shown(form) else {
        return true;
    };
    form.retain_faults(|field| page.has(field));
    if !form.is_sound() {
        return false;
    }
    let next = PAGES.get(page.number());
    if let Some(next) = next {
        form.set(PAGE, next.name);
    }
    next.is_none()
}

/// Turns to the first page on which something is wrong, and tells no more than that.
pub(super) fn turn_to_fault(form: &mut Form) {
    if shown(form).is_none() {
        return;
    }
    let is_wrong = |page: &&Page| form.faults().iter().any(|fault| page.has(&fault.field));
    if let Some(page) = PAGES.iter().find(is_wrong) {
        form.set(PAGE, page.name);
        form.retain_faults(|field| page.has(field));
    }
}

impl Page {
    /// From 1.
    fn number(&self) -> usize {
        let before = PAGES.iter().take_while(|page| page.name != self.name);
        before.count() + 1
    }

    fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|own| {
            let rest = field.strip_prefix(own);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    }
}

impl Ask {
    /// Whether the page called `name` is shown, or everything is.
    pub(super) fn shows(&self, name: &str) -> bool {
        self.page.is_none_or(|page| page.name == name)
    }

    /// `Step 2 of 6`.
    pub(super) fn step(&self) -> String {
        let number = self.page.map_or(0, Page::number);
        format!("Step {number} of {}", PAGES.len())
    }

    /// What is not on the page that is shown, by name and value.
    pub(super) fn carried(&self) -> Vec<&(String, String)> {
        let Some(page) = self.page else {
            return Vec::new();
        };
        let all = self.form.all().iter();
        all.filter(|(name, value)| {
            !value.is_empty() && !page.has(name) && !EVERYWHERE.contains(&name.as_str())
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(page: &str) -> Form {
        let mut form = Form::default();
        form.set(PAGE, page);
        form
    }

    #[test]
    fn the_pages_follow_each_other() {
        let mut form = at("defendant");
        for page in &PAGES[1..] {
            assert!(!next(&mut form));
            assert_eq!(form.value(PAGE), page.name);
        }
        assert!(next(&mut form), "the last");
        for page in PAGES.iter().rev().skip(1) {
            back(&mut form);
            assert_eq!(form.value(PAGE), page.name);
        }
        back(&mut form);
        assert_eq!(form.value(PAGE), "defendant");
        assert!(next(&mut at("")), "the whole form has no next page");
    }

    #[test]
    fn only_what_is_wrong_on_the_page_holds_it() {
        let mut form = at("defendant");
        form.fail("hearing-day", "Enter the day");
        assert!(!next(&mut form));
        assert_eq!((form.value(PAGE), form.is_sound()), ("addresses", true));
        form.fail("address-1-postcode", "Enter a postcode");
        assert!(!next(&mut form));
        assert_eq!((form.value(PAGE), form.is_sound()), ("addresses", false));
        let mut form = at("about");
        form.fail("court", "Choose the court");
        form.fail("family", "Enter the family name");
        turn_to_fault(&mut form);
        assert_eq!(form.value(PAGE), "defendant");
        assert_eq!(form.faults().len(), 1);
    }
}
