//! Who we are to a relay: a user name, and a password that never stands in the config itself.

use crate::config::Origin;
use crate::config::newsroom;
use crate::config::reading::{About, Key, Reading, Section};
use crate::config::secret::{self, ClosedReason, Secret};
use crate::config::value;
use crate::domain::rule;

/// Who we are to a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: Password,
}

/// A password, if this process may know it. Only who talks to the relay needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Password {
    Read(Secret),
    /// Systemd hands it to the service, and this process is another.
    InService,
    /// The config's unread secrets say why.
    Unread,
}

impl Password {
    #[must_use]
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Read(secret) => Some(secret),
            Self::InService | Self::Unread => None,
        }
    }
}

const PASSWORD_VARIABLE: &str = "PRESSROOM_RELAY_PASSWORD";
const USER: Key = Key::optional("user", "\"pressroom\"");
const PASSWORD_FILE: Key = Key::optional("password_file", "\"$CREDENTIALS_DIRECTORY/smtp\"");

/// Something about a relay was wrong and has been reported.
pub(super) struct Faulted;

/// Only the first relay's password can come from a variable.
pub(super) fn read(reading: &mut Reading<'_>, section: &mut Section<'_, '_>, is_first: bool) -> Result<Option<Login>, Faulted> {
    let variable = is_first.then_some(PASSWORD_VARIABLE);
    let user = reading.take(section, USER, newsroom::name);
    let file = reading.take(section, PASSWORD_FILE, |value| value::filled(value).map(str::to_owned));
    let wants_login = section.has("user");
    let from_variable = variable.and_then(|name| reading.variable(name).map(|text| (name, text)));
    let password = if let Some((name, text)) = from_variable {
        if !wants_login {
            let message = "is set, but the first relay has no `user`".to_owned();
            reading.environment_fault(
                section.path_of("user"),
                name,
                message,
                "name the user under [[relay]], or unset the variable",
            );
            return Err(Faulted);
        }
        Some((Password::Read(Secret::new(text)), Origin::Environment(name.to_owned())))
    } else if let Some(file) = file {
        let password = password_from(reading, &file).unwrap_or_else(|Closed { password, message, help }| {
            reading.unread(rule::CONF004, section.about("password_file"), message, help);
            password
        });
        Some((password, Origin::SecretFile(file)))
    } else if section.has("password_file") {
        return Err(Faulted);
    } else {
        None
    };
    match (wants_login, password) {
        (false, None) => Ok(None),
        (true, Some((password, origin))) => {
            let shown = if password.secret().is_some() { "(set)" } else { "(not readable here)" };
            reading.note(section.path_of("password"), shown.to_owned(), origin);
            Ok(Some(Login { user: user.ok_or(Faulted)?, password }))
        }
        (true, None) => {
            let about = About { key: section.path_of("password_file"), at: section.span_of("user") };
            let Some(variable) = variable else {
                reading.missing(about, "name the file that holds it with `password_file`");
                return Err(Faulted);
            };
            // The variable may be set for the daemon alone.
            let help = format!("name the file that holds it with `password_file`, or set {variable}");
            reading.unread(rule::CONF003, about, "is missing".to_owned(), &help);
            Ok(Some(Login { user: user.ok_or(Faulted)?, password: Password::Unread }))
        }
        (false, Some(_)) => {
            reading.missing(
                About { key: section.path_of("user"), at: section.span_of("password_file") },
                "write it as `user = \"pressroom\"`",
            );
            Err(Faulted)
        }
    }
}

/// Why a password is not known to this process.
struct Closed {
    password: Password,
    message: String,
    help: &'static str,
}

fn password_from(reading: &Reading<'_>, file: &str) -> Result<Password, Closed> {
    let text = secret::read(reading, file).map_err(|secret::Closed { reason, message, help }| {
        let password = match reason {
            ClosedReason::InService => Password::InService,
            ClosedReason::Unreadable => Password::Unread,
        };
        Closed { password, message, help }
    })?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() || password.chars().any(char::is_control) {
        let message = "does not hold one line with a password".to_owned();
        return Err(Closed { password: Password::Unread, message, help: "write the password alone into the file" });
    }
    Ok(Password::Read(Secret::new(password.to_owned())))
}
