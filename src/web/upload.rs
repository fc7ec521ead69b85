//! A form with a file in it, read once and bounded. Whoever sends more than is taken is let finish, into nothing, so that a browser shows
//! our page and not a broken connection. What is in the file is not looked at here.

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::multipart::Field as Part;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use futures_util::StreamExt;

use super::asker::{FIELDS_MAX, Fields};
use crate::desk::bundle::PICTURE_BYTES_MAX;

/// The form in all: a file that is just small enough, and what stands around it.
pub(super) const FORM_BYTES_MAX: usize = PICTURE_BYTES_MAX + TEXTS_BYTES_MAX;
/// What is read of a form that is too large before it is given up.
const DRAINED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Of one field, and of all that is typed.
const TEXT_BYTES_MAX: usize = 128 * 1024;
const TEXTS_BYTES_MAX: usize = 256 * 1024;

/// The fields of a form, and its file.
pub(super) struct Upload {
    pub(super) fields: Fields,
    /// `None`: no file was chosen.
    pub(super) file: Option<Bytes>,
}

/// All of a form with a file.
///
/// # Errors
/// The status of what is wrong with it.
pub(super) async fn read(request: Request) -> Result<Upload, StatusCode> {
    let (parts, body) = request.into_parts();
    let mut request = Request::from_parts(parts, Body::from(whole(body, FORM_BYTES_MAX).await?));
    // What is there now is within bounds; the router's are those of forms without files.
    DefaultBodyLimit::disable().apply(&mut request);
    fields_of(request, Files::Kept).await
}

/// What was typed in a form with a file, which goes by as it comes, also when it is too large.
///
/// # Errors
/// The status of what is wrong with it.
pub(super) async fn read_text(mut request: Request) -> Result<Upload, StatusCode> {
    DefaultBodyLimit::max(DRAINED_BYTES_MAX).apply(&mut request);
    fields_of(request, Files::PassedOver).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Files {
    Kept,
    PassedOver,
}

/// All of a body that is not too large.
pub(super) async fn whole(body: Body, bytes_max: usize) -> Result<Vec<u8>, StatusCode> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(block) = stream.next().await {
        let block = block.map_err(|_| StatusCode::BAD_REQUEST)?;
        if bytes.len() + block.len() > bytes_max {
            drain(stream, bytes.len() + block.len()).await;
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        bytes.extend_from_slice(&block);
    }
    Ok(bytes)
}

async fn drain(mut stream: BodyDataStream, mut read: usize) {
    while read < DRAINED_BYTES_MAX {
        match stream.next().await {
            Some(Ok(block)) => read += block.len(),
            Some(Err(_)) | None => return,
        }
    }
}

async fn fields_of(request: Request, files: Files) -> Result<Upload, StatusCode> {
    let mut form = Multipart::from_request(request, &()).await.map_err(|rejection| rejection.into_response().status())?;
    let (mut fields, mut file, mut typed) = (Vec::new(), None, 0);
    while let Some(field) = form.next_field().await.map_err(|error| error.status())? {
        let name = field.name().unwrap_or_default().to_owned();
        match (field.file_name().is_some(), files) {
            (false, _) => {
                let bytes = part(field, TEXT_BYTES_MAX).await?;
                typed += bytes.len();
                if fields.len() == FIELDS_MAX || typed > TEXTS_BYTES_MAX {
                    return Err(StatusCode::PAYLOAD_TOO_LARGE);
                }
                fields.push((name, String::from_utf8(bytes).map_err(|_| StatusCode::BAD_REQUEST)?));
            }
            (true, Files::Kept) => {
                let bytes = part(field, PICTURE_BYTES_MAX).await?;
                // HTML Living Standard, "constructing the entry list": a file field without a file is sent as an empty one.
                if !bytes.is_empty() && file.replace(Bytes::from(bytes)).is_some() {
                    return Err(StatusCode::BAD_REQUEST);
                }
            }
            (true, Files::PassedOver) => pass_over(field).await?,
        }
    }
    Ok(Upload { fields: Fields::from_pairs(fields), file })
}

async fn part(mut field: Part<'_>, bytes_max: usize) -> Result<Vec<u8>, StatusCode> {
    let mut bytes = Vec::new();
    while let Some(block) = field.chunk().await.map_err(|error| error.status())? {
        if bytes.len() + block.len() > bytes_max {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        bytes.extend_from_slice(&block);
    }
    Ok(bytes)
}

async fn pass_over(mut field: Part<'_>) -> Result<(), StatusCode> {
    while field.chunk().await.map_err(|error| error.status())?.is_some() {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use std::sync::Arc;

    use axum::http::header::CONTENT_TYPE;
    use axum::response::Response;
    use axum::routing::post;
    use futures_util::stream;
    use tower::ServiceExt;

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

    fn part(head: &str, body: &[u8]) -> Vec<u8> {
        [b"--edge\r\nContent-Disposition: form-data; ", head.as_bytes(), b"\r\n\r\n", body, b"\r\n"].concat()
    }

    fn file(bytes: &[u8]) -> Vec<u8> {
        part("name=\"logo\"; filename=\"../../logo.png\"\r\nContent-Type: text/html", bytes)
    }

    async fn send(body: Body) -> (StatusCode, String) {
        async fn told(request: Request) -> Response {
            match read(request).await {
                Ok(Upload { fields, file }) => {
                    format!("{:?} {:?}", fields.one("description"), file.map(|file| file.len())).into_response()
                }
                Err(status) => super::super::error::told(status),
            }
        }
        let router = Router::new().route("/logo", post(told)).layer(DefaultBodyLimit::max(16));
        let request = Request::post("/logo").header(CONTENT_TYPE, "multipart/form-data; boundary=edge").body(body).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn send_parts(parts: &[Vec<u8>]) -> (StatusCode, String) {
        send(Body::from([parts.concat(), b"--edge--\r\n".to_vec()].concat())).await
    }

    #[tokio::test]
    async fn a_form_gives_its_fields_and_its_file() {
        let description = part("name=\"description\"", "A lantern".as_bytes());
        let (status, text) = send_parts(&[description.clone(), file(PNG)]).await;
        assert_eq!((status, text.as_str()), (StatusCode::OK, &*format!("Some(\"A lantern\") Some({})", PNG.len())));
        assert_eq!(send_parts(&[description, file(b"")]).await.1, "Some(\"A lantern\") None");
    }

    #[tokio::test]
    async fn what_no_form_of_ours_sends_is_refused() {
        for (parts, expected) in [
            (vec![file(PNG), file(PNG)], StatusCode::BAD_REQUEST),
            (vec![part("name=\"description\"", b"\xff")], StatusCode::BAD_REQUEST),
            (vec![part("name=\"description\"", &vec![b'a'; TEXT_BYTES_MAX + 1])], StatusCode::PAYLOAD_TOO_LARGE),
            (vec![part("name=\"a\"", b"b"); FIELDS_MAX + 1], StatusCode::PAYLOAD_TOO_LARGE),
            (vec![file(&vec![0; PICTURE_BYTES_MAX + 1])], StatusCode::PAYLOAD_TOO_LARGE),
        ] {
            assert_eq!(send_parts(&parts).await.0, expected);
        }
        assert_eq!(send(Body::from("--edge\r\nhalf")).await.0, StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn a_large_file_is_taken_and_one_too_large_is_read_to_its_end_before_the_page() {
        let (status, text) = send_parts(&[file(&vec![7; PICTURE_BYTES_MAX])]).await;
        assert_eq!((status, text), (StatusCode::OK, format!("None Some({PICTURE_BYTES_MAX})")));
        const BLOCK: usize = 1024 * 1024;
        let left = Arc::new(std::sync::atomic::AtomicUsize::new(50));
        let taken = Arc::clone(&left);
        let blocks = stream::iter((0..50).map(move |_| {
            taken.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
            Ok::<_, std::convert::Infallible>(Bytes::from(vec![0; BLOCK]))
        }));
        let (status, page) = send(Body::from_stream(blocks)).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(page.contains("Too large"), "{page}");
        assert_eq!(left.load(std::sync::atomic::Ordering::Relaxed), 0, "nothing is left unread");
    }
}
