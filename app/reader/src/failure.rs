//! What is said to a person when something fails: what it means, and what to do next.

use klartext_protocol::ErrorCode;

/// What is said about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What happened, in a few words.
    pub title: &'static str,
    /// What it means and what to do.
    pub text: &'static str,
    /// Whether trying again can help.
    pub again: bool,
}

/// What is said about a failure of the engine.
pub fn explain(code: ErrorCode) -> Explanation {
    let (title, text, again) = match code {
        ErrorCode::NoSimd => (
            "This browser cannot run the translator",
            "It needs WebAssembly with SIMD: Chrome or Edge 91, Firefox 89, Safari 16.4, or newer. Update this \
             browser, or open the page in another one.",
            false,
        ),
        ErrorCode::ModelMissing => (
            "The translation model is not there",
            "The server does not have it. If this is your own copy of Klartext, check the folder models/deen; \
             otherwise try again later, or choose another model.",
            true,
        ),
        ErrorCode::Network => (
            "The translation model did not arrive",
            "The connection failed on the way. Check that you are online, then try again: what has arrived is kept.",
            true,
        ),
        ErrorCode::ModelBroken => (
            "The translation model is damaged",
            "A file is not what it should be, so it is not used. Try again to fetch it anew; if that does not help, \
             the server’s copy is broken.",
            true,
        ),
        ErrorCode::ModelUnsupported => (
            "This translation model is of an unknown kind",
            "This version of Klartext cannot read it. Reload the page to get the newest version.",
            false,
        ),
        ErrorCode::OutOfSpace => (
            "There is no room for the translation model",
            "The browser gives this site less space than the model needs. Remove another model (see Models), or free \
             space on this device, then try again.",
            true,
        ),
        ErrorCode::StorageFull => (
            "The device’s storage is full",
            "It filled up while the model was written. Free some space on this device; trying again goes on where it \
             stopped.",
            true,
        ),
        ErrorCode::Storage => (
            "The model cannot be kept on this device",
            "The browser’s storage fails, or another tab is busy with it. Close other tabs of Klartext, then try \
             again.",
            true,
        ),
        ErrorCode::TooLong => {
            ("This text is too long", "It is more than can be translated at once. Take a part of it.", false)
        }
        ErrorCode::OutOfMemory => (
            "There is not enough memory",
            "The translator needs more than this device can give it now. Close other tabs or programs, then try again.",
            true,
        ),
        ErrorCode::WorkerDied => (
            "The translator stopped",
            "The browser ended it, or it crashed. What is translated already is kept. Try again to go on.",
            true,
        ),
        ErrorCode::Internal => (
            "Something went wrong in the translator",
            "That is a fault of Klartext and not yours. Trying again may help.",
            true,
        ),
    };
    Explanation { title, text, again }
}

/// Why a page's content could not be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The server has no such file, or it is not what it should be.
    #[error("there is no such page")]
    Missing,
    /// The server answered with a fault.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// No answer, and the browser says that it is offline.
    #[error("the browser is offline")]
    Offline,
    /// No answer.
    #[error("the server cannot be reached")]
    Unreachable,
    /// The list of articles is not in the form that this version reads.
    #[error("the list of articles cannot be read")]
    Unreadable,
}

impl PageError {
    /// What is said about it.
    pub fn explain(self) -> Explanation {
        let (title, text, again) = match self {
            Self::Missing => (
                "There is no such article",
                "It may have been moved or removed. The headlines show what is here.",
                false,
            ),
            Self::Status(_) => {
                ("The server has a problem", "It could not give us the page. Try again in a moment.", true)
            }
            Self::Offline => {
                ("You are offline", "This page is not on your device yet. Go online, then try again.", true)
            }
            Self::Unreachable => {
                ("The server cannot be reached", "Check the connection, then try again.", true)
            }
            Self::Unreadable => (
                "The list of articles cannot be read",
                "Reload the page to get the newest version of Klartext.",
                true,
            ),
        };
        Explanation { title, text, again }
    }
}
