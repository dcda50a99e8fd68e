//! The flat XML `APIv2` speaks: one root, one level of fields, and nothing else XML can do.
//!
//! The reader is written by hand and refuses what it does not need, because every feature of XML in
//! a payment notice has been an attack somewhere (CVE-2018-13439, CVE-2018-20318).

mod chars;
mod declaration;
mod markup;
mod read;
mod text;
mod write;

pub use read::{MAX_BYTES, MAX_FIELDS, read, read_rooted};
pub use write::write;

/// Why a text is not a message in the flat dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum XmlError {
    /// More than [`MAX_BYTES`].
    #[error("the message is too long")]
    TooLong,
    /// More than [`MAX_FIELDS`].
    #[error("the message has too many fields")]
    TooManyFields,
    /// The bytes are not UTF-8.
    #[error("the message is not UTF-8")]
    NotUtf8,
    /// The XML declaration names another encoding than UTF-8.
    #[error("the message declares another encoding than UTF-8")]
    OtherEncoding,
    /// The XML declaration is not well-formed, or not of XML 1.0.
    #[error("the XML declaration is not well-formed")]
    Declaration,
    /// A character XML does not allow, written out or as a reference.
    #[error("the message has a character XML does not allow")]
    ForbiddenChar,
    /// A DOCTYPE or any other `<!` declaration.
    #[error("the message has a DOCTYPE")]
    Doctype,
    /// A processing instruction, or an XML declaration that is not at the very start.
    #[error("the message has a processing instruction")]
    Instruction,
    /// A comment.
    #[error("the message has a comment")]
    Comment,
    /// A tag with attributes.
    #[error("a tag has attributes")]
    Attribute,
    /// A field inside a field.
    #[error("a field holds another field")]
    Nested,
    /// A field that is there twice.
    #[error("a field is there twice")]
    Duplicate,
    /// An entity other than the five of XML, or a reference that is not well-formed.
    #[error("the message has an unknown entity")]
    Entity,
    /// A tag name outside `[A-Za-z_][A-Za-z0-9_.-]*` or of more than 64 bytes.
    #[error("a tag's name is not allowed")]
    Name,
    /// The root has another name than expected.
    #[error("the root has another name")]
    Root,
    /// An end tag that closes something else.
    #[error("the tags do not match")]
    Mismatch,
    /// Text outside the fields, or `]]>` inside one.
    #[error("there is text where none may be")]
    StrayText,
    /// The message ends too early.
    #[error("the message ends too early")]
    Unfinished,
}
