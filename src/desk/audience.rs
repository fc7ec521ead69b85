//! Who an issue would go to: how many, some of them, and what sets them apart from whom the last issue went to. It changes nothing.

use crate::content::audience;
use crate::domain::audience::{AudienceRule, Expression, Test};
use crate::domain::id::NewsletterId;
use crate::domain::newsletter::Newsletter;
use crate::store::ReaderRow;

use super::Desk;
use super::bundle::FileReport;
use super::error::{DeskError, Result};
use super::reply::{AudiencePreview, SampledReader, SinceLastIssue};
use super::request::PreviewAudience;

/// Readers in a sample.
const SAMPLE_ROWS: usize = 10;
/// What a fault of an expression is shown in.
const SHOWN_NAME: &str = "audience";

impl Desk {
    /// What an expression means now, of a newsletter's confirmed readers; without one it is all of them.
    ///
    /// # Errors
    /// [`DeskError::AuthorFiles`] with the place of the fault when the expression cannot be read; [`DeskError::NotFound`] for an unknown
    /// newsletter.
    pub async fn preview_audience(&self, request: PreviewAudience) -> Result<AudiencePreview> {
        let newsletter = self.newsletter_named(&request.newsletter)?;
        let only = request.expression.as_deref().map(|text| self.read_expression(text)).transpose()?;
        let rule = AudienceRule { newsletter: newsletter.id.clone(), only };
        let confirmed = self.store.count_readers(&newsletter.id).await?;
        let ids = self.store.sample_audience(&rule, SAMPLE_ROWS).await?;
        let sample = self.store.find_readers(&ids).await?.into_iter().flatten();
        Ok(AudiencePreview {
            newsletter: newsletter.id.to_string(),
            expression: rule.only.as_ref().map(ToString::to_string),
            count: self.store.count_audience(&rule).await?,
            confirmed: confirmed.confirmed - confirmed.suppressed.min(confirmed.confirmed),
            sample: sample.map(|row| sampled(&row)).collect(),
            since_last: self.since_last(newsletter, &rule).await?,
            nobody: self.met_by_nobody(&rule).await?,
        })
    }

    fn read_expression(&self, text: &str) -> Result<Expression> {
        let knows = |id: &NewsletterId| self.config.newsletters.iter().any(|newsletter| newsletter.id == *id);
        let read = audience::parse(text, &knows);
        let report = || FileReport::new(SHOWN_NAME, text, &read.problems);
        read.value.clone().ok_or_else(|| DeskError::AuthorFiles { files: vec![report()] })
    }

    /// The difference to the newsletter's latest issue that was opened to its readers.
    async fn since_last(&self, newsletter: &Newsletter, rule: &AudienceRule) -> Result<Option<SinceLastIssue>> {
        let mut last = None;
        for issue in self.all_issues().await? {
            if issue.newsletter != newsletter.id || !issue.state.has_gone_out() {
                continue;
            }
            let sealed = self.store.sealed_at(&issue.id).await?;
            last = last.max(sealed.map(|at| (at, issue.id)));
        }
        let Some((_, issue)) = last else { return Ok(None) };
        let change = self.store.audience_change(rule, &issue).await?;
        Ok(change.map(|change| SinceLastIssue { issue: issue.to_string(), added: change.added, gone: change.gone }))
    }

    /// The tests that no reader of the newsletter meets: most often something misspelt.
    async fn met_by_nobody(&self, rule: &AudienceRule) -> Result<Vec<String>> {
        let mut nobody = Vec::new();
        for test in rule.only.iter().flat_map(Expression::tests).flat_map(one_by_one) {
            let alone = AudienceRule { newsletter: rule.newsletter.clone(), only: Some(Expression::Test(test.clone())) };
            if self.store.count_audience(&alone).await? == 0 {
                nobody.push(test.to_string());
            }
        }
        Ok(nobody)
    }
}

/// A test of several values as one test for each.
fn one_by_one(test: &Test) -> Vec<Test> {
    match test {
        Test::State(states) => states.iter().map(|state| Test::State([state.clone()].into())).collect(),
        Test::Topic(topics) => topics.iter().map(|topic| Test::Topic([topic.clone()].into())).collect(),
        Test::Language(tags) => tags.iter().map(|tag| Test::Language([tag.clone()].into())).collect(),
        Test::List(lists) => lists.iter().map(|list| Test::List([list.clone()].into())).collect(),
        Test::JoinedSince(_) | Test::JoinedBefore(_) => vec![test.clone()],
    }
}

fn sampled(row: &ReaderRow) -> SampledReader {
    let fields = &row.reader.fields;
    SampledReader {
        email: row.reader.address.as_typed().to_owned(),
        name: fields.full_name(),
        us_state: fields.state.as_ref().map(|state| state.as_str().to_owned()),
        language: fields.language.as_ref().map(ToString::to_string),
        topics: fields.topics.iter().map(|topic| topic.as_str().to_owned()).collect(),
    }
}
