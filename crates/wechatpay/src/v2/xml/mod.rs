//! The flat XML of `APIv2`: a root element with one level of fields, and no other XML feature.
//!
//! The parser is written by hand and refuses everything it does not need: every XML feature in a
//! payment notice has been used for an attack somewhere (CVE-2018-13439, CVE-2018-20318).

mod chars;
mod declaration;
mod markup;
mod read;
mod text;
mod write;

pub use read::{MAX_BYTES, MAX_FIELDS, read, read_rooted};
pub use write::write;

/// Why a text is not valid flat XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum XmlError {
    /// The message is longer than [`MAX_BYTES`].
    #[error("the message is too long")]
    TooLong,
    /// The message has more than [`MAX_FIELDS`] fields.
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
    /// A character that XML does not allow, as text or as a reference.
    #[error("the message has a character that XML does not allow")]
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
    #[error("a field contains another field")]
    Nested,
    /// The same field twice.
    #[error("the message has a duplicate field")]
    Duplicate,
    /// An entity other than the five of XML, or a malformed reference.
    #[error("the message has an unknown entity")]
    Entity,
    /// A tag name outside `[A-Za-z_][A-Za-z0-9_.-]*` or of more than 64 bytes.
    #[error("a tag's name is not allowed")]
    Name,
    /// An unexpected root element.
    #[error("the root element has another name")]
    Root,
    /// An end tag that does not match the start tag.
    #[error("the tags do not match")]
    Mismatch,
    /// Text outside the fields, or `]]>` inside one.
    #[error("the message has text outside its fields")]
    StrayText,
    /// The message ends too early.
    #[error("the message is incomplete")]
    Unfinished,
}
