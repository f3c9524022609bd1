//! The strict parser.

#[cfg(test)]
mod tests;

use super::object::Member;
use super::{Json, JsonError, JsonErrorKind, Number, Object, plain};

/// What one document may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the whole document.
    pub bytes: usize,
    /// Arrays and objects inside each other; a scalar has depth 0. More than [`Limits::DEPTH`] counts as that.
    pub depth: usize,
    /// Values of every kind: what a byte of text says may take many of memory.
    pub values: usize,
}

impl Limits {
    /// The depth of the format. Real tool schemas stay below 20; our recursion needs a bound.
    pub const DEPTH: usize = 64;

    /// A document of at most `bytes` bytes, nested [`Self::DEPTH`] deep, of as many values as it has bytes.
    pub const fn bytes(bytes: usize) -> Self {
        Self { bytes, depth: Self::DEPTH, values: bytes }
    }

    /// The same of at most `values` values.
    #[must_use]
    pub const fn values(self, values: usize) -> Self {
        Self { values, ..self }
    }
}

pub(super) fn parse(bytes: &[u8], limits: Limits) -> Result<Json, JsonError> {
    if bytes.len() > limits.bytes {
        return Err(JsonError::new(limits.bytes, JsonErrorKind::TooLarge));
    }
    let text = str::from_utf8(bytes)
        .map_err(|error| JsonError::new(error.valid_up_to(), JsonErrorKind::InvalidUtf8))?;
    if text.starts_with('\u{feff}') {
        return Err(JsonError::new(0, JsonErrorKind::ByteOrderMark));
    }
    let mut parser =
        Parser { text, bytes, at: 0, left: limits.values, elements: Vec::new(), members: Vec::new() };
    parser.space();
    let json = parser.value(limits.depth.min(Limits::DEPTH))?;
    parser.space();
    if parser.at < bytes.len() {
        return Err(parser.error(JsonErrorKind::TrailingData));
    }
    Ok(json)
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Values that may still come.
    left: usize,
    /// Elements and members of the containers still open: one stack for all of them, so that each container is
    /// allocated once, at its size, and a hostile document gains no spare capacity.
    elements: Vec<Json>,
    members: Vec<Member>,
}

impl<'a> Parser<'a> {
    fn value(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.left = self.left.checked_sub(1).ok_or_else(|| self.error(JsonErrorKind::TooLarge))?;
        match self.peek() {
            Some(b'"') => Ok(Json::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => Ok(Json::Number(self.number()?)),
            Some(b'{') => self.object(self.enter(depth)?),
            Some(b'[') => self.array(self.enter(depth)?),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            _ => Err(self.expected("a value")),
        }
    }

    fn enter(&self, depth: usize) -> Result<usize, JsonError> {
        depth.checked_sub(1).ok_or_else(|| self.error(JsonErrorKind::TooDeep))
    }

    fn array(&mut self, depth: usize) -> Result<Json, JsonError> {
        let base = self.elements.len();
        self.at += 1;
        self.space();
        if self.take(b']') {
            return Ok(Json::Array(Vec::new()));
        }
        loop {
            self.space();
            let element = self.value(depth)?;
            self.elements.push(element);
            self.space();
            if self.take(b']') {
                return Ok(Json::Array(self.elements.drain(base..).collect()));
            }
            if !self.take(b',') {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, JsonError> {
        let base = self.members.len();
        self.at += 1;
        self.space();
        if self.take(b'}') {
            return Ok(Json::Object(Object::new()));
        }
        loop {
            self.space();
            let place = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.expected("a member name"));
            }
            let key = self.string()?;
            self.space();
            if !self.take(b':') {
                return Err(self.expected("`:`"));
            }
            self.space();
            let value = self.value(depth)?;
            self.members.push(Member { key, value, place });
            self.space();
            if self.take(b'}') {
                return Object::from_members(self.members.drain(base..).collect())
                    .map(Json::Object)
                    .map_err(|second| JsonError::duplicate_key(second.place, &second.key));
            }
            if !self.take(b',') {
                return Err(self.expected("`,` or `}`"));
            }
        }
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let plain = self.plain();
        if self.take(b'"') {
            return Ok(plain.to_owned());
        }
        let mut string = plain.to_owned();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.push(self.escape()?),
                Some(_) => return Err(self.expected("an escaped control character")),
                None => return Err(self.expected("`\"`")),
            }
            string.push_str(self.plain());
        }
    }

    /// The run of characters up to a quote, a backslash or a control; both its ends are beside ASCII.
    fn plain(&mut self) -> &'a str {
        let start = self.at;
        self.at = start + plain::run(&self.bytes[start..]);
        &self.text[start..self.at]
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 2;
        let char = match self.bytes.get(start + 1) {
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(&byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'u') => {
                let lone = JsonError::new(start, JsonErrorKind::LoneSurrogate);
                let first = self.hex4()?;
                let code = match first {
                    0xD800..=0xDBFF if self.bytes[self.at..].starts_with(b"\\u") => {
                        self.at += 2;
                        match self.hex4()? {
                            second @ 0xDC00..=0xDFFF => {
                                0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
                            }
                            _ => return Err(lone),
                        }
                    }
                    _ => first,
                };
                return char::from_u32(code).ok_or(lone);
            }
            _ => return Err(JsonError::new(start, JsonErrorKind::Syntax { expected: "an escape sequence" })),
        };
        Ok(char)
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
        if digits.len() < 4 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(self.expected("four hex digits"));
        }
        self.at += 4;
        let value = |digit: &u8| char::from(*digit).to_digit(16).unwrap_or_default();
        Ok(digits.iter().fold(0, |code, digit| code * 16 + value(digit)))
    }

    fn number(&mut self) -> Result<Number, JsonError> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let token = &self.text[start..self.at];
        Number::from_token(token).ok_or_else(|| JsonError::not_exact(start, token))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let length = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            return Err(self.expected("a digit"));
        }
        self.at += length;
        Ok(())
    }

    fn word(&mut self, word: &'static str, value: Json) -> Result<Json, JsonError> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.expected("a value"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
        taken
    }

    const fn expected(&self, expected: &'static str) -> JsonError {
        self.error(JsonErrorKind::Syntax { expected })
    }

    const fn error(&self, kind: JsonErrorKind) -> JsonError {
        JsonError::new(self.at, kind)
    }
}
