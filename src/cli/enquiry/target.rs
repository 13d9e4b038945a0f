//! From what people say to ids: an enquiry by id or short reference, a check or an alert by either and its number. Each role
//! finds them among what it may list.

use crate::cli::client::Client;
use crate::cli::failure::{Exit, Failure};
use crate::cli::pages::{self, PageArgs};
use usher_domain::id::{EnquiryId, Reference};
use usher_proto::v1;

/// What was given for an enquiry.
#[derive(Debug, PartialEq, Eq)]
enum Given {
    Id(String),
    Reference(String),
}

fn read(text: &str) -> Result<Given, Failure> {
    if let Ok(id) = text.parse::<EnquiryId>() {
        return Ok(Given::Id(id.to_string()));
    }
    match text.parse::<Reference>() {
        Ok(reference) => Ok(Given::Reference(reference.to_string())),
        Err(_) => Err(Failure::usage(
            "that is neither an enquiry's id nor a reference with the right check character",
            "an id is a UUID, a reference looks like 7K3M-9QXA-A; `usher enquiry list` shows both",
        )),
    }
}

/// The id of the enquiry that people mean, for those who may list enquiries.
///
/// # Errors
/// When it is neither id nor reference, none has the reference, or several have.
pub(in crate::cli) async fn enquiry_id(client: &Client, text: &str) -> Result<String, Failure> {
    let reference = match read(text)? {
        Given::Id(id) => return Ok(id),
        Given::Reference(reference) => reference,
    };
    let (found, _) = pages::collect(&PageArgs::all(), async |page_size, page_token| {
        let request = v1::ListRequest {
            page_size,
            page_token,
            reference: reference.clone(),
            ..Default::default()
        };
        let page = client.take(client.court().list(client.request(request)).await)?;
        let ids = page.enquiries.into_iter().map(|enquiry| enquiry.id);
        Ok((ids.collect(), page.next_page_token))
    })
    .await?;
    only(
        found,
        &format!("enquiry {reference}"),
        "check the reference",
    )
}

/// The id of the check that people mean, for those who may list enquiries: `ID/1` or `REFERENCE/1`.
///
/// # Errors
/// As [`enquiry_id`], and when there is no number.
pub(in crate::cli) async fn check_id(client: &Client, text: &str) -> Result<String, Failure> {
    let (enquiry, number) = split(text).ok_or_else(no_check)?;
    Ok(format!("{}/{number}", enquiry_id(client, enquiry).await?))
}

/// As [`check_id`], for a responder's people, who may list their own checks.
///
/// # Errors
/// As [`check_id`].
pub(in crate::cli) async fn own_check_id(client: &Client, text: &str) -> Result<String, Failure> {
    let (enquiry, number) = split(text).ok_or_else(no_check)?;
    let reference = match read(enquiry)? {
        Given::Id(id) => return Ok(format!("{id}/{number}")),
        Given::Reference(reference) => reference,
    };
    let (found, _) = pages::collect(&PageArgs::all(), async |page_size, page_token| {
        let request = v1::ListChecksRequest {
            page_size,
            page_token,
            reference: reference.clone(),
            ..Default::default()
        };
        let page = client.take(client.adapter().list_checks(client.request(request)).await)?;
        let ids = page.checks.into_iter().map(|check| check.id);
        Ok((numbered(ids, number), page.next_page_token))
    })
    .await?;
    let what = format!("check {reference}/{number}");
    only(
        found,
        &what,
        "`usher check list` shows those of your responders",
    )
}

/// The id of the alert that people mean: `ID/1`, or `REFERENCE/1` of one that has not ended.
///
/// # Errors
/// When it has no number, none has the reference and number, or several have.
pub(in crate::cli) async fn alert_id(client: &Client, text: &str) -> Result<String, Failure> {
    let (enquiry, number) = split(text).ok_or_else(|| {
        Failure::usage(
            "an alert is an enquiry's id or reference, a slash and a number from 1",
            "such as 7K3M-9QXA-A/3; `usher alert list --each` shows them",
        )
    })?;
    let reference = match read(enquiry)? {
        Given::Id(id) => return Ok(format!("{id}/{number}")),
        Given::Reference(reference) => reference,
    };
    let (found, _) = pages::collect(&PageArgs::all(), async |page_size, page_token| {
        let request = v1::ListAlertsRequest {
            page_size,
            page_token,
            ..Default::default()
        };
        let page = client.take(
            client
                .operations()
                .list_alerts(client.request(request))
                .await,
        )?;
        let named = page.alerts.into_iter();
        let named = named.filter(|alert| alert.reference == reference);
        let ids = named.map(|alert| alert.id);
        Ok((numbered(ids, number), page.next_page_token))
    })
    .await?;
    let what = format!("alert {reference}/{number} that stands");
    only(
        found,
        &what,
        "`usher alert list --each` shows the alerts that stand",
    )
}

/// Those of `ids` that end with `number`.
fn numbered(ids: impl Iterator<Item = String>, number: u16) -> Vec<String> {
    ids.filter(|id| split(id).is_some_and(|(_, found)| found == number))
        .collect()
}

/// The one that was found.
pub(in crate::cli) fn only(
    mut found: Vec<String>,
    what: &str,
    hint: &str,
) -> Result<String, Failure> {
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => Err(Failure::new(
            Exit::NotFound,
            format!("there is no {what}"),
            format!("{hint}; what is not yours reads as not found"),
        )),
        (Some(last), false) => {
            found.push(last);
            let what = format!("{what} is {} different ones", found.len());
            let failure = Failure::new(Exit::Conflict, what, "give the id instead");
            Err(found.into_iter().fold(failure, Failure::detail))
        }
    }
}

/// What stands before the slash, and the number behind it.
fn split(text: &str) -> Option<(&str, u16)> {
    let (enquiry, number) = text.rsplit_once('/')?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    Some((enquiry, number))
}

fn no_check() -> Failure {
    Failure::usage(
        "a check is an enquiry's id or reference, a slash and a number from 1",
        "such as 7K3M-9QXA-A/1; `usher enquiry show` and `usher check list` number the checks",
    )
}

/// A hearing to which one moves; `court` is the enquiry's own where none is given.
///
/// # Errors
/// When the enquiry cannot be read.
pub(super) async fn hearing(
    client: &Client,
    enquiry_id: &str,
    court: Option<String>,
    local: jiff::civil::DateTime,
) -> Result<v1::Deadline, Failure> {
    let court_code = match court {
        Some(court) => court,
        None => court_of(client, enquiry_id).await?,
    };
    let hearing = v1::Hearing {
        court_code,
        local_time: local.strftime("%Y-%m-%dT%H:%M").to_string(),
        ..Default::default()
    };
    Ok(v1::Deadline {
        kind: Some(v1::deadline::Kind::Hearing(hearing)),
    })
}

/// The court of an enquiry.
async fn court_of(client: &Client, enquiry_id: &str) -> Result<String, Failure> {
    let request = v1::GetRequest {
        enquiry_id: enquiry_id.into(),
    };
    let response = client.take(client.court().get(client.request(request)).await)?;
    let deadline = response.enquiry.and_then(|enquiry| enquiry.deadline);
    Ok(match deadline.and_then(|deadline| deadline.kind) {
        Some(v1::deadline::Kind::Hearing(hearing)) => hearing.court_code,
        Some(v1::deadline::Kind::ReplyBy(reply_by)) => reply_by.court_code,
        None => String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_references_are_told_apart() {
        let id = "018f3b8e-0000-5000-8000-000000000001";
        let reference = id.parse::<EnquiryId>().unwrap().reference().to_string();
        assert_eq!(read(id).unwrap(), Given::Id(id.into()));
        assert_eq!(
            read(&reference).unwrap(),
            Given::Reference(reference.clone())
        );
        assert_eq!(
            read(&reference.to_lowercase()).unwrap(),
            Given::Reference(reference)
        );
        let refused = read("0000-0000-1").unwrap_err();
        assert_eq!(refused.exit(), Exit::Usage);
    }

    #[test]
    fn what_several_enquiries_share_is_not_guessed() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(only(ids(&["a/1"]), "x", "").unwrap(), "a/1");
        assert_eq!(only(ids(&[]), "x", "").unwrap_err().exit(), Exit::NotFound);
        let several = only(ids(&["a/1", "b/1"]), "x", "").unwrap_err();
        assert_eq!(several.exit(), Exit::Conflict);
        assert!(
            several.render().contains("\n  a/1\n  b/1\n"),
            "{}",
            several.render()
        );
        let found = numbered(ids(&["a/1", "a/11", "b/1"]).into_iter(), 1);
        assert_eq!(found, ["a/1", "b/1"]);
    }

    #[test]
    fn a_check_needs_a_number_from_one() {
        let check = |text, wanted| assert_eq!(split(text), wanted, "{text}");
        check("7K3M-9QXA-A/1", Some(("7K3M-9QXA-A", 1)));
        check("7K3M-9QXA-A/16", Some(("7K3M-9QXA-A", 16)));
        check("7K3M-9QXA-A/0", None);
        check("7K3M-9QXA-A/65536", None);
        check("7K3M-9QXA-A/x", None);
        check("7K3M-9QXA-A", None);
    }
}
