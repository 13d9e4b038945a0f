//! From what people say to ids: an enquiry by id or short reference, a check by either and its number.

use crate::cli::client::Client;
use crate::cli::failure::{Exit, Failure};
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
            "an id is a UUID, a reference looks like 7K3M-9QXA-B; `usher enquiry list` shows both",
        )),
    }
}

/// The id of the enquiry that people mean.
///
/// # Errors
/// When it is neither id nor reference, none has the reference, or several have.
pub(in crate::cli) async fn enquiry_id(client: &Client, text: &str) -> Result<String, Failure> {
    let reference = match read(text)? {
        Given::Id(id) => return Ok(id),
        Given::Reference(reference) => reference,
    };
    let request = v1::ListRequest {
        reference: reference.clone(),
        ..Default::default()
    };
    let page = client.take(client.court().list(client.request(request)).await)?;
    match page.enquiries.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => Err(Failure::new(
            Exit::NotFound,
            format!("there is no enquiry {reference}"),
            "check the reference; what belongs to another court reads as not found",
        )),
        several => {
            let failure = Failure::new(
                Exit::Conflict,
                format!("{} enquiries have the reference {reference}", several.len()),
                "give the id instead",
            );
            Err(several
                .iter()
                .fold(failure, |failure, one| failure.detail(one.id.clone())))
        }
    }
}

/// The id of the check that people mean: `ID/1` or `REFERENCE/1`.
///
/// # Errors
/// As [`enquiry_id`], and when there is no number.
pub(in crate::cli) async fn check_id(client: &Client, text: &str) -> Result<String, Failure> {
    let (enquiry, number) = split(text)?;
    Ok(format!("{}/{number}", enquiry_id(client, enquiry).await?))
}

fn split(text: &str) -> Result<(&str, u8), Failure> {
    let parts = text.rsplit_once('/');
    let found = parts.and_then(|(enquiry, number)| Some((enquiry, number.parse().ok()?)));
    found.filter(|(_, number)| *number > 0).ok_or_else(|| {
        Failure::usage(
            "a check is an enquiry's id or reference, a slash and a number from 1",
            "such as 7K3M-9QXA-B/1; `usher enquiry show` numbers the checks",
        )
    })
}

/// The court of an enquiry.
///
/// # Errors
/// When it cannot be read.
pub(super) async fn court_of(client: &Client, enquiry_id: &str) -> Result<String, Failure> {
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
    fn a_check_needs_a_number_from_one() {
        let check = |text, wanted| assert_eq!(split(text).ok(), wanted, "{text}");
        check("7K3M-9QXA-B/1", Some(("7K3M-9QXA-B", 1)));
        check("7K3M-9QXA-B/16", Some(("7K3M-9QXA-B", 16)));
        check("7K3M-9QXA-B/0", None);
        check("7K3M-9QXA-B/256", None);
        check("7K3M-9QXA-B/x", None);
        check("7K3M-9QXA-B", None);
    }
}
