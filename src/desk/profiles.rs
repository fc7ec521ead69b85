//! What a partner's own people change of its record: what it says of itself, and nothing by which it is decided who may answer for it
//! (`partners::record`). It counts at once; staff see it in the audit.

use crate::content::partner_form::{FieldFault, ProfileForm, ProfileLines};
use crate::domain::id::PartnerId;
use crate::domain::partner::Partner;
use crate::domain::people::{Actor, Who};

use super::Desk;
use super::error::{DeskError, Result};
use super::rights::Deed;

/// How a partner's words about itself were taken.
#[derive(Debug)]
pub enum ProfileEnd {
    Kept,
    /// Nothing was changed; this has to be mended.
    Faulty(Vec<FieldFault>),
}

impl Desk {
    /// A partner's record, for whoever may change what it says of itself.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Forbidden`].
    pub async fn profile_to_change(&self, who: &Who, partner: &PartnerId) -> Result<Partner> {
        Ok(self.profile_of(who, partner).await?.0)
    }

    /// Says anew all that a partner says of itself.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Forbidden`]; [`DeskError::Temporary`] when somebody else changed it since the version that was
    /// looked at.
    pub async fn change_profile(&self, who: &Who, id: &PartnerId, (version, typed): (u64, &ProfileLines)) -> Result<ProfileEnd> {
        let (partner, actor) = self.profile_of(who, id).await?;
        if partner.version != version {
            return Err(DeskError::changed_meanwhile("the partner"));
        }
        let profile = match ProfileForm::from_lines(typed).and_then(|form| form.read()) {
            Ok(profile) => profile,
            Err(faults) => return Ok(ProfileEnd::Faulty(faults)),
        };
        if profile != partner.profile {
            let partner = self.write_partner(Partner { profile, ..partner }).await?;
            self.audit(&actor, "partner.profile", partner.id.as_str(), "").await?;
        }
        Ok(ProfileEnd::Kept)
    }

    async fn profile_of(&self, who: &Who, id: &PartnerId) -> Result<(Partner, Actor)> {
        let actor = self.allowed(who.clone(), Deed::ChangeProfile(id))?;
        Ok((self.partner_named(id.as_str()).await?, actor))
    }
}
