//! The issue shelf: issues by id, proofs by hash, pictures as facts in the tree and bytes in a blob.

use async_trait::async_trait;

use crate::domain::id::{IssueId, IssueNumber, PictureHash, ProofHash};
use crate::domain::issue::Issue;
use crate::domain::picture::{Drawing, Picture};
use crate::domain::proof::Proof;
use crate::store::{Change, Cursor, IssueShelf, Page, Result, StoreError};

use super::SledStore;
use super::engine::Lookup;
use super::key::{Key, Kind};
use super::record::{feature, issue, proof};

const PICTURE_BYTES_MAX: usize = 5_000_000;

fn issue_key(id: &IssueId) -> Key {
    Key::new(Kind::Issue).text(id.as_str())
}

fn proof_key(hash: &ProofHash) -> Key {
    Key::new(Kind::Proof).bytes(hash.as_bytes())
}

fn picture_key(hash: &PictureHash) -> Key {
    Key::new(Kind::Picture).bytes(hash.as_bytes())
}

fn drawing_key(hash: &PictureHash) -> Key {
    Key::new(Kind::Drawing).bytes(hash.as_bytes())
}

fn bad_picture(hash: &PictureHash, reason: &str) -> StoreError {
    StoreError::Corrupt { what: "picture", key: hash.to_string(), reason: reason.to_owned() }
}

impl SledStore {
    /// Issues by id, each for itself.
    pub(super) async fn page_issues_each(&self, from: Cursor, rows: usize) -> Result<Page<Result<Issue>>> {
        self.page_each(Kind::Issue, from, rows, issue::decode).await
    }

    /// Keeps bytes that are named by their hash, and then what is known of them.
    async fn put_named(&self, hash: &PictureHash, bytes: Vec<u8>, key: Key, facts: Vec<u8>) -> Result<()> {
        if bytes.len() > PICTURE_BYTES_MAX {
            return Err(StoreError::TooLarge { what: "a picture", size: bytes.len(), most: PICTURE_BYTES_MAX, unit: "bytes" });
        }
        if self.engine.put_blob(bytes).await? != *hash.as_bytes() {
            return Err(bad_picture(hash, "its bytes have another hash"));
        }
        self.engine
            .write(move |txn| {
                txn.put(key, facts);
                Ok(())
            })
            .await
    }
}

#[async_trait]
impl IssueShelf for SledStore {
    async fn take_number(&self) -> Result<IssueNumber> {
        let counter = Key::new(Kind::Meta).text("issues");
        let before = self.engine.write(move |txn| txn.next_number(&counter)).await?;
        let number = u32::try_from(before + 1).ok().and_then(IssueNumber::new);
        number.ok_or_else(|| StoreError::Corrupt {
            what: "the count of issues",
            key: "issues".to_owned(),
            reason: "all 24-bit numbers have been given".to_owned(),
        })
    }

    async fn put_issue(&self, issue: Issue) -> Result<Change> {
        self.put_versioned(issue_key(&issue.id), issue.version, issue::encode(&issue)?).await
    }

    async fn find_issue(&self, id: &IssueId) -> Result<Option<Issue>> {
        let record = self.find_document(issue_key(id)).await?;
        record.map(|record| issue::decode(id.as_str(), &record)).transpose()
    }

    async fn page_issues(&self, from: Cursor, rows: usize) -> Result<Page<Issue>> {
        self.page_documents(Kind::Issue, from, rows, issue::decode).await
    }

    async fn put_proof(&self, proof: Proof) -> Result<()> {
        self.put_document(proof_key(&proof.hash), proof::encode(&proof)?).await.map(|_is_new| ())
    }

    async fn find_proof(&self, hash: &ProofHash) -> Result<Option<Proof>> {
        let record = self.find_document(proof_key(hash)).await?;
        record.map(|record| proof::decode(hash, &record)).transpose()
    }

    async fn put_picture(&self, picture: &Picture, bytes: Vec<u8>) -> Result<()> {
        self.put_named(&picture.hash, bytes, picture_key(&picture.hash), feature::encode_picture(picture)?).await
    }

    async fn find_picture(&self, hash: &PictureHash) -> Result<Option<(Picture, Vec<u8>)>> {
        let key = picture_key(hash);
        let Some(facts) = self.engine.read(move |view| view.get(key)).await? else { return Ok(None) };
        let picture = feature::decode_picture(hash, &facts)?;
        let bytes = self.engine.find_blob(*hash.as_bytes()).await?;
        Ok(Some((picture, bytes.ok_or_else(|| bad_picture(hash, "its bytes are not there"))?)))
    }
    async fn put_drawing(&self, drawing: &Drawing, bytes: Vec<u8>) -> Result<()> {
        self.put_named(&drawing.hash, bytes, drawing_key(&drawing.hash), feature::encode_drawing(drawing)?).await
    }

    async fn find_drawing(&self, hash: &PictureHash) -> Result<Option<(Drawing, Vec<u8>)>> {
        let key = drawing_key(hash);
        let Some(facts) = self.engine.read(move |view| view.get(key)).await? else { return Ok(None) };
        let drawing = feature::decode_drawing(hash, &facts)?;
        let bytes = self.engine.find_blob(*hash.as_bytes()).await?;
        Ok(Some((drawing, bytes.ok_or_else(|| bad_picture(hash, "its bytes are not there"))?)))
    }
}
