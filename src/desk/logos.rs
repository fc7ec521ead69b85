//! A partner's logo: taken in as a picture or a drawing, kept as mail and web may show it, and shown only as far as its grant goes.

use crate::domain::email::is_unsafe_in_line;
use crate::domain::partner::{Grant, GrantScope, Logo, LogoFile, Partner};
use crate::domain::people::Who;
use crate::domain::time::civil;
use crate::pictures::{self, ReadyLogo};

use super::Desk;
use super::error::{DeskError, Result};
use super::intake::decoded;
use super::partners::partner_line;
use super::reply::PartnerChanged;
use super::request::{LogoBytes, RemoveLogo, SaveLogo};
use super::rights::Deed;
use super::typed::required;

const DESCRIPTION_LENGTH_MAX: usize = 150;

impl Desk {
    /// Takes in a partner's logo, or the variant of it for dark pages; the other one stays. What was there before is named no longer.
    /// Without a file both stay, and what is said of them and what they may be used for changes.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Forbidden`]; [`DeskError::Usage`] when the file cannot be used, or what belongs to it is missing;
    /// [`DeskError::Temporary`] when somebody else changed the partner.
    pub async fn save_logo(&self, who: impl Into<Who> + Send, request: SaveLogo) -> Result<PartnerChanged> {
        let partner = self.partner_named(&request.partner).await?;
        let actor = self.allowed(who, Deed::ChangeProfile(&partner.id))?;
        if request.version.is_some_and(|seen| seen != partner.version) {
            return Err(DeskError::changed_meanwhile("the partner"));
        }
        let (description, grant) = (description_of(&request.description)?, self.grant_of(&request)?);
        let said = match (request.file.is_some(), request.dark) {
            (false, _) => "grant",
            (true, false) => "light",
            (true, true) => "dark",
        };
        let logo = match (request.file, partner.logo) {
            (None, None) => {
                return Err(DeskError::usage(
                    "no file of the logo was given",
                    "choose one; only a logo that is there can do without",
                ));
            }
            (None, Some(known)) => Logo { description, grant, ..known },
            (Some(file), known) => {
                let file = self.logo_file(file).await?;
                match (known, request.dark) {
                    (None, true) => {
                        return Err(DeskError::usage(
                            "there is no logo that this could be the dark variant of",
                            "give the logo for light pages first",
                        ));
                    }
                    (Some(known), true) => Logo { dark: Some(file), description, grant, ..known },
                    (known, false) => Logo { light: file, dark: known.and_then(|known| known.dark), description, grant },
                }
            }
        };
        let partner = self.write_partner(Partner { logo: Some(logo), ..partner }).await?;
        self.audit(&actor, "partner.logo", partner.id.as_str(), said).await?;
        Ok(PartnerChanged { line: partner_line(&partner), version: partner.version })
    }

    /// Shows a partner's logo nowhere any more. What has gone out keeps what it shows.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Forbidden`]; [`DeskError::Temporary`] when somebody else changed the partner.
    pub async fn remove_logo(&self, who: impl Into<Who> + Send, request: RemoveLogo) -> Result<PartnerChanged> {
        let partner = self.partner_named(&request.partner).await?;
        let actor = self.allowed(who, Deed::ChangeProfile(&partner.id))?;
        if request.version.is_some_and(|seen| seen != partner.version) {
            return Err(DeskError::changed_meanwhile("the partner"));
        }
        let partner = self.write_partner(Partner { logo: None, ..partner }).await?;
        self.audit(&actor, "partner.logo", partner.id.as_str(), "removed").await?;
        Ok(PartnerChanged { line: partner_line(&partner), version: partner.version })
    }

    async fn logo_file(&self, LogoBytes(bytes): LogoBytes) -> Result<LogoFile> {
        let ready = decoded(move || pictures::prepare_logo(&bytes)).await;
        let ready = ready.map_err(|(what, help)| DeskError::usage(format!("the logo cannot be used: {what}"), help))?;
        self.keep_logo(ready).await
    }

    async fn keep_logo(&self, ready: ReadyLogo) -> Result<LogoFile> {
        let (picture, bytes) = ready.picture;
        self.store.put_picture(&picture, bytes).await?;
        let drawing = match ready.drawing {
            None => None,
            Some((drawing, bytes)) => {
                self.store.put_drawing(&drawing, bytes).await?;
                Some(drawing)
            }
        };
        Ok(LogoFile { picture, drawing })
    }

    fn grant_of(&self, request: &SaveLogo) -> Result<Grant> {
        let known = GrantScope::ALL.map(GrantScope::word).join(", ");
        let scope = |word: &String| {
            let bad =
                || DeskError::usage(format!("`{word}` is nothing that a logo can be granted for"), format!("name some of {known}"));
            GrantScope::parse(word.trim()).ok_or_else(bad)
        };
        let mut scopes: Vec<GrantScope> = request.scopes.iter().map(scope).collect::<Result<_>>()?;
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err(DeskError::usage("the logo is granted for nothing", format!("name some of {known}")));
        }
        let from = request.from.as_deref().map(day).transpose()?.unwrap_or_else(|| self.today());
        let until = request.until.as_deref().map(day).transpose()?;
        if until.is_some_and(|until| until < from) {
            return Err(DeskError::usage("the grant ends before it begins", "give the last day on which the logo may be shown"));
        }
        let given_by = line("who at the partner granted it", &required("who at the partner granted it", &request.given_by)?)?;
        let how = line("how the grant reached us", &required("how the grant reached us", &request.how)?)?;
        Ok(Grant { scopes, from, until, given_by, how })
    }
}

fn day(text: &str) -> Result<civil::Date> {
    text.trim().parse().map_err(|_| DeskError::usage(format!("`{text}` is not a day"), "write it as 2027-01-31"))
}

fn line(what: &str, text: &str) -> Result<String> {
    if text.chars().count() <= 200 && !text.chars().any(is_unsafe_in_line) {
        return Ok(text.to_owned());
    }
    Err(DeskError::usage(format!("{what} is not one line of at most 200 characters"), "shorten it"))
}

/// For those who do not see it.
fn description_of(text: &str) -> Result<String> {
    let text = text.trim();
    let is_file_name =
        !text.contains(' ') && [".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg"].iter().any(|end| text.ends_with(end));
    let is_line = !text.is_empty() && text.chars().count() <= DESCRIPTION_LENGTH_MAX && !text.chars().any(is_unsafe_in_line);
    if is_line && !is_file_name {
        return Ok(text.to_owned());
    }
    let help = "say in at most 150 characters what there is to see, such as `A lantern above the words Example City United`";
    Err(DeskError::usage("the logo is not described", help))
}
