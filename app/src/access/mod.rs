//! The Access editor: the draft of an access on the left, what it becomes on the right.
//!
//! The draft holds texts as they were typed; [`read`](read::read) makes a change of them, or names what is wrong row by row. What the
//! change becomes is computed here, in the browser, by the code that plans on the server.

mod balancers;
mod clients;
mod draft;
mod edge;
mod editor;
mod field;
mod foot;
mod form;
mod groups;
mod import;
mod inside;
mod keep;
mod paste;
mod place;
mod ports;
mod preview;
mod read;
mod row;
mod who;

pub(crate) use clients::Clients;
pub(crate) use draft::Draft;
pub(crate) use editor::{AccessTab, Editor, as_field};
pub(crate) use foot::foot;
pub(crate) use form::Form;
pub(crate) use import::{read_file, too_long};
pub(crate) use keep::{applied, keep_text, kept_text, of_group, of_many};
pub(crate) use paste::Paste;
pub(crate) use preview::left_out;
pub(crate) use read::{Said, read};
