//! A small YAML reader for docglow.yml: scalars, and the entries of known mappings.
//!
//! All other values are skipped. The file is not read into a tree, because aliases can turn 40 kB
//! of YAML into 64 million values.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor,
};

/// A value as YAML 1.2 reads it. A mapping is read as an `M`.
#[derive(Default)]
pub enum Node<'de, M> {
    Mapping(M),
    Sequence(Size),
    Text(Cow<'de, str>),
    Bool(bool),
    /// Any number that is not a [`Node::Integer`], such as a negative one.
    Number(f64),
    Integer(u64),
    #[default]
    Null,
    /// A value with a tag, such as `!x 1`.
    Tagged,
}

/// Whether a mapping or sequence has entries.
pub enum Size {
    Empty,
    Filled,
}

impl<M> Node<'_, M> {
    /// The text, if the value is a string.
    pub fn text(&self) -> Option<&str> {
        if let Node::Text(text) = self { Some(text) } else { None }
    }
}

impl<'de: 'a, 'a, M: Deserialize<'de>> Deserialize<'de> for Node<'a, M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor(PhantomData))
    }
}

struct NodeVisitor<M>(PhantomData<M>);

impl<'de, M: Deserialize<'de>> Visitor<'de> for NodeVisitor<M> {
    type Value = Node<'de, M>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        M::deserialize(MapAccessDeserializer::new(map)).map(Node::Mapping)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let size = if sequence.next_element::<IgnoredAny>()?.is_some() {
            Size::Filled
        } else {
            Size::Empty
        };
        IgnoredAny.visit_seq(sequence).map(|_| Node::Sequence(size))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Self::Value, A::Error> {
        let (_, value) = tagged.variant::<IgnoredAny>()?;
        value.newtype_variant::<IgnoredAny>().map(|_| Node::Tagged)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Node::Integer(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Self::Value, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Self::Value, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Node::Number(value))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node::Null)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SizeVisitor;
        impl<'de> Visitor<'de> for SizeVisitor {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a YAML mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Size, A::Error> {
                let first = map.next_entry::<IgnoredAny, IgnoredAny>()?;
                IgnoredAny
                    .visit_map(map)
                    .map(|_| if first.is_some() { Size::Filled } else { Size::Empty })
            }
        }
        deserializer.deserialize_map(SizeVisitor)
    }
}
