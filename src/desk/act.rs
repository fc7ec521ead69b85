//! The acts that a command can ask of a desk, in its own process or in the daemon's: one marker type for each, in one list. The control
//! socket's routes come from the list, so none can be forgotten. An act decides nothing: it calls the desk's method of its name.

mod note;

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::bundle::FileReport;
use super::{CopySink, Desk, Fault, reply, request};
use crate::domain::people::Actor;
use crate::store::backup_channel;

pub use note::{Note, Notes, TallyNote};

/// What becomes of an act whose asker goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It changes the newsroom: once begun, it is carried to its end.
    Changes,
    /// It only looks: it is dropped.
    Looks,
}

/// One act: what is asked, what is answered, and who does it.
#[async_trait]
pub trait Act: Send + Sync + 'static {
    /// Its name on the control socket and in logs.
    const NAME: &'static str;
    const KIND: Kind;
    type Request: Serialize + DeserializeOwned + Send + 'static;
    type Reply: Serialize + DeserializeOwned + Send + 'static;

    /// Does it. `notes` hears what comes before the reply.
    ///
    /// # Errors
    /// Those of the desk's method.
    async fn perform(desk: &Arc<Desk>, actor: &Actor, request: Self::Request, notes: &Notes) -> Result<Self::Reply, Fault>;
}

/// Something to do for each act.
pub trait EachAct {
    fn act<A: Act>(&mut self);
}

macro_rules! acts {
    ($($(#[$doc:meta])* $kind:ident $name:ident: $request:ty => $reply:ty,
        |$desk:ident, $actor:pat_param, $asked:pat_param, $notes:pat_param| $call:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;

            #[async_trait]
            impl Act for $name {
                const NAME: &'static str = stringify!($name);
                const KIND: Kind = Kind::$kind;
                type Request = $request;
                type Reply = $reply;

                async fn perform(desk: &Arc<Desk>, actor: &Actor, request: $request, notes: &Notes) -> Result<$reply, Fault> {
                    let ($desk, $actor, $asked, $notes) = (desk, actor, request, notes);
                    Ok($call.await?)
                }
            }
        )*

        /// Visits every act there is.
        pub fn each(visitor: &mut impl EachAct) {
            $(visitor.act::<$name>();)*
        }
    };
}

acts! {
    /// `check`.
    Looks CheckFiles: request::CheckFiles => Vec<FileReport>, |desk, _, asked, _| desk.check(asked);
    /// `build`.
    Looks BuildFile: request::BuildFile => reply::Built, |desk, _, asked, _| desk.build(asked);

    /// `issue queue`.
    Changes QueueIssue: request::QueueIssue => reply::IssueQueued, |desk, actor, asked, _| desk.queue_issue(actor, asked);
    /// `issue proof`.
    Changes MakeProof: request::MakeProof => reply::ProofMade, |desk, actor, asked, _| desk.make_proof(actor, asked);
    /// `issue approve`.
    Changes ApproveIssue: request::ApproveIssue => reply::IssueApproved, |desk, actor, asked, _| desk.approve_issue(actor, asked);
    /// `issue send`, up to the opening.
    Changes SendFile: request::SendFile => reply::SendBegun, |desk, actor, asked, _| desk.send_file(actor, asked);
    /// `issue pause`.
    Changes PauseIssue: request::NameIssue => reply::IssueChanged, |desk, actor, asked, _| desk.pause_issue(actor, asked);
    /// `issue resume`.
    Changes ResumeIssue: request::NameIssue => reply::IssueChanged, |desk, actor, asked, _| desk.resume_issue(actor, asked);
    /// `issue cancel`.
    Changes CancelIssue: request::NameIssue => reply::IssueChanged, |desk, actor, asked, _| desk.cancel_issue(actor, asked);
    /// `issue correct`.
    Changes CorrectIssue: request::CorrectIssue => reply::IssueChanged, |desk, actor, asked, _| desk.correct_issue(actor, asked);
    /// `issue settle`.
    Changes SettleIssue: request::SettleIssue => reply::IssueChanged, |desk, actor, asked, _| desk.settle_issue(actor, asked);
    /// Starts the delivery of an opened issue, or joins the run that is there, and follows it to its end. The run belongs to the desk's
    /// process and goes on when nobody follows it.
    Looks FollowDelivery: request::NameIssue => reply::DeliverEnd, |desk, _, asked, notes| follow(desk, asked, notes);
    /// `issue send --dry-run`.
    Looks DryRun: request::DryRun => reply::DryRunReport, |desk, _, asked, notes| desk.dry_run(asked, &mut notes.clone());
    /// `issue list`.
    Looks ListIssues: request::ListPage => reply::Paged<reply::IssueLine>, |desk, _, asked, _| desk.list_issues(asked);
    /// `issue show`.
    Looks ShowIssue: request::NameIssue => reply::IssueDetail, |desk, _, asked, _| desk.show_issue(asked);
    /// `schedule`.
    Looks ShowSchedule: request::ShowSchedule => reply::ScheduleReply, |desk, _, asked, _| desk.schedule(asked);
    /// `issue report`.
    Looks ReportIssue: request::NameIssue => reply::IssueReport, |desk, _, asked, _| desk.report_issue(asked);
    /// `issue report --copies` and `--uncertain`.
    Looks ListDeliveries: request::ListDeliveries => reply::Paged<reply::DeliveryLine>,
        |desk, _, asked, _| desk.list_deliveries(asked);

    /// `feature submit`.
    Changes SubmitFeature: request::SubmitFeature => reply::FeatureChanged, |desk, actor, asked, _| desk.submit_feature(actor, asked);
    /// `feature review`.
    Changes ReviewFeature: request::ReviewFeature => reply::FeatureChanged, |desk, actor, asked, _| desk.review_feature(actor, asked);
    /// `feature approve`.
    Changes ApproveFeature: request::ApproveFeature => reply::FeatureChanged,
        |desk, actor, asked, _| desk.approve_feature(actor, asked);
    /// `feature decline`.
    Changes DeclineFeature: request::DeclineFeature => reply::FeatureChanged,
        |desk, actor, asked, _| desk.decline_feature(actor, asked);
    /// `feature withdraw`.
    Changes WithdrawFeature: request::NameFeature => reply::FeatureChanged,
        |desk, actor, asked, _| desk.withdraw_feature(actor, asked);
    /// `feature list`.
    Looks ListFeatures: request::ListPage => reply::Paged<reply::FeatureLine>, |desk, _, asked, _| desk.list_features(asked);
    /// `feature show`.
    Looks ShowFeature: request::NameFeature => reply::FeatureDetail, |desk, _, asked, _| desk.show_feature(asked);
    /// `feature later`.
    Changes RollOver: request::RollOver => reply::FeatureChanged, |desk, actor, asked, _| desk.roll_over(actor, asked);
    /// `feature fairness`.
    Looks ShowFairness: () => reply::FairnessReply, |desk, actor, (), _| desk.fairness(actor);
    /// `feature invite`.
    Changes InviteToWrite: request::InviteToWrite => reply::WritersInvited,
        |desk, actor, asked, _| desk.invite_to_write(actor, asked);
    /// `feature next`.
    Looks NextFeatures: request::NextFeatures => reply::RotationReply, |desk, _, asked, _| desk.next_features(asked);

    /// `partner import`.
    Changes ImportPartners: request::ImportPartners => reply::PartnersImported,
        |desk, actor, asked, _| desk.import_partners(actor, asked);
    /// `partner add`.
    Changes AddPartner: request::AddPartner => reply::PartnerChanged, |desk, actor, asked, _| desk.add_partner(actor, asked);
    /// `partner rest`, `activate` and `leave`.
    Changes ChangeStanding: request::ChangeStanding => reply::PartnerChanged,
        |desk, actor, asked, _| desk.change_standing(actor, asked);
    /// `partner export`.
    Looks ExportPartners: request::ExportPartners => reply::ExportedPartners, |desk, _, asked, _| desk.export_partners(asked);
    /// `partner logo`.
    Changes SaveLogo: request::SaveLogo => reply::PartnerChanged, |desk, actor, asked, _| desk.save_logo(actor, asked);
    /// `partner logo --remove`.
    Changes RemoveLogo: request::RemoveLogo => reply::PartnerChanged, |desk, actor, asked, _| desk.remove_logo(actor, asked);
    /// `partner links`.
    Looks DeadLinks: () => Vec<reply::DeadLink>, |desk, actor, (), _| desk.dead_links(actor);
    /// `partner list`.
    Looks ListPartners: request::ListPage => reply::Paged<reply::PartnerLine>, |desk, _, asked, _| desk.list_partners(asked);
    /// `partner show`.
    Looks ShowPartner: request::NamePartner => reply::PartnerDetail, |desk, _, asked, _| desk.show_partner(&asked.partner);

    /// `subscriber import`.
    Changes ImportReaders: request::ImportReaders => reply::ReadersImported,
        |desk, actor, asked, notes| import_readers(desk, actor, asked, notes);
    /// `subscriber import --undo`.
    Changes UndoImport: request::UndoImport => reply::ImportTakenBack, |desk, actor, asked, _| desk.undo_import(actor, asked);
    /// `subscriber list`.
    Looks ListReaders: request::ListReaders => reply::Paged<reply::ReaderLine>, |desk, _, asked, _| desk.list_readers(asked);
    /// `subscriber export`.
    Looks ExportReaders: request::ListReaders => reply::ExportedReaders, |desk, _, asked, _| desk.export_readers(asked);
    /// `subscriber audience`.
    Looks PreviewAudience: request::PreviewAudience => reply::AudiencePreview, |desk, _, asked, _| desk.preview_audience(asked);
    /// `subscriber show`.
    Looks ShowReader: request::NameReader => reply::ReaderDetail, |desk, _, asked, _| desk.show_reader(asked);
    /// `subscriber remove`.
    Changes RemoveReader: request::RemoveReader => reply::ReaderRemoved, |desk, actor, asked, _| desk.remove_reader(actor, asked);
    /// `subscriber suppress`: whether the address was not suppressed before.
    Changes SuppressAddress: request::SuppressAddress => bool, |desk, actor, asked, _| desk.suppress_address(actor, asked);
    /// `subscriber erase`.
    Changes EraseReader: request::EraseReader => (), |desk, actor, asked, _| desk.erase_reader(actor, asked);

    /// `consent record`.
    Changes RecordConsent: request::RecordConsent => reply::ConsentRecorded, |desk, actor, asked, _| desk.record_consent(actor, asked);
    /// `consent ask`.
    Changes AskConsents: request::AskConsents => reply::ConsentsAsked, |desk, actor, asked, _| desk.ask_consents(actor, asked);
    /// `consent rule`.
    Changes RuleOnMatch: request::RuleOnMatch => Vec<reply::PolicyLine>, |desk, actor, asked, _| desk.rule_on_match(actor, asked);
    /// `consent list`.
    Looks ListConsents: request::ListConsents => Vec<reply::PolicyLine>, |desk, _, asked, _| desk.list_consents(asked);

    /// `charter list`.
    Looks ListCharters: () => Vec<reply::CharterLine>, |desk, _, (), _| desk.list_charters();
    /// `charter drive`, one step of it.
    Changes AskReaffirmation: request::AskReaffirmation => reply::DriveStep,
        |desk, actor, asked, _| desk.ask_reaffirmation(actor, asked);
    /// `pledge list`.
    Looks ListPledges: request::ListPage => reply::Paged<reply::PledgeLine>, |desk, actor, asked, _| desk.list_pledges(actor, asked);
    /// `pledge remove`.
    Changes RemovePledge: request::RemovePledge => (), |desk, actor, asked, _| desk.remove_pledge(actor, asked);
    /// `login-link`.
    Changes MakeLoginLink: request::MakeLoginLink => reply::LoginLink, |desk, actor, asked, _| desk.make_login_link(actor, asked);

    /// `backup`. It looks: whoever goes away has no backup, and needs none.
    Looks BackUp: request::BackUp => reply::BackedUp, |desk, actor, asked, notes| back_up(desk, actor, asked, notes);

    /// `doctor`, of the store.
    Looks ExamineStore: () => super::doctor::StoreExamined, |desk, _, (), _| desk.examine_store();
}

async fn follow(desk: &Arc<Desk>, request: request::NameIssue, notes: &Notes) -> Result<reply::DeliverEnd, Fault> {
    let mut following = desk.run_delivery(&request.issue).await?;
    following.ended(&|tally| notes.tell(Note::Tally((*tally).into()))).await
}

async fn import_readers(
    desk: &Desk,
    actor: &Actor,
    request: request::ImportReaders,
    notes: &Notes,
) -> Result<reply::ReadersImported, Fault> {
    Ok(desk.import_readers(actor, request, &|rows| notes.tell(Note::Rows(rows))).await?)
}

async fn back_up(desk: &Desk, actor: &Actor, request: request::BackUp, notes: &Notes) -> Result<reply::BackedUp, Fault> {
    let (sink, mut blocks) = backup_channel();
    let passing = async move {
        // When nobody listens any more the blocks' end goes, and with it the backup.
        while let Some(bytes) = blocks.recv().await {
            if notes.give(Note::Block { bytes }).await.is_err() {
                return;
            }
        }
    };
    let (backed_up, ()) = tokio::join!(desk.back_up(actor, request, sink), passing);
    Ok(backed_up?)
}

#[async_trait]
impl CopySink for Notes {
    async fn take(&mut self, place: u64, copy: &[u8]) -> io::Result<()> {
        self.give(Note::Copy { place, bytes: copy.to_vec() }).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[derive(Default)]
    struct Names(BTreeSet<&'static str>);

    impl EachAct for Names {
        fn act<A: Act>(&mut self) {
            assert!(self.0.insert(A::NAME), "{} is listed twice", A::NAME);
        }
    }

    #[test]
    fn every_act_has_a_name_of_its_own() {
        let mut names = Names::default();
        each(&mut names);
        assert!(names.0.len() > 30, "{names:?}", names = names.0);
    }
}
