//! Every switch and every value by name: one list that scenarios, options, reports and screens share.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{AfterError, Chain, Departed, Doubtful, FirstPoll, Order, Policy, Postings, Route};

/// Gives each value of a switch its name. Names are the variants in snake case, and the same in serde.
macro_rules! named {
    ($kind:ident, $switch:literal: $($variant:ident = $name:literal),+) => {
        impl $kind {
            /// Every value there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            const NAMES: &'static [&'static str] = &[$($name),+];

            /// The name in scenarios and reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $kind {
            type Err = UnknownValue;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().find(|value| value.as_str() == name).copied();
                found.ok_or_else(|| UnknownValue::new($switch, name))
            }
        }

        impl Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

named!(Chain, "chain": Always = "always", WhileUnaccounted = "while_unaccounted");
named!(Postings, "postings": Forgotten = "forgotten", HandedToIdle = "handed_to_idle", Accounted = "accounted");
named!(Route, "route": Any = "any", IdleFirst = "idle_first");
named!(Order, "order": Any = "any", FirstCome = "first_come");
named!(Departed, "departed": Stranded = "stranded", GivenBack = "given_back");
named!(AfterError, "after_error": AtOnce = "at_once", BackOff = "back_off");
named!(FirstPoll, "first_poll": AfterPeriod = "after_period", Spread = "spread");
named!(Doubtful, "doubtful": LetGo = "let_go", PostedAnew = "posted_anew");

/// One of the choices that make up a [`Policy`], by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Switch {
    /// [`Policy::chain`].
    Chain,
    /// [`Policy::postings`].
    Postings,
    /// [`Policy::route`].
    Route,
    /// [`Policy::order`].
    Order,
    /// [`Policy::departed`].
    Departed,
    /// [`Policy::after_error`].
    AfterError,
    /// [`Policy::first_poll`].
    FirstPoll,
    /// [`Policy::doubtful`].
    Doubtful,
    /// [`Policy::claim_batch`].
    ClaimBatch,
}

impl Switch {
    /// Every switch there is, in the order of [`Policy`]'s fields.
    pub const ALL: [Self; 9] = [
        Self::Chain,
        Self::Postings,
        Self::Route,
        Self::Order,
        Self::Departed,
        Self::AfterError,
        Self::FirstPoll,
        Self::Doubtful,
        Self::ClaimBatch,
    ];

    /// The name in scenarios and reports: that of the field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Postings => "postings",
            Self::Route => "route",
            Self::Order => "order",
            Self::Departed => "departed",
            Self::AfterError => "after_error",
            Self::FirstPoll => "first_poll",
            Self::Doubtful => "doubtful",
            Self::ClaimBatch => "claim_batch",
        }
    }

    /// The names of its values, the seed's first; none for [`Switch::ClaimBatch`], which is a number.
    #[must_use]
    pub const fn values(self) -> &'static [&'static str] {
        match self {
            Self::Chain => Chain::NAMES,
            Self::Postings => Postings::NAMES,
            Self::Route => Route::NAMES,
            Self::Order => Order::NAMES,
            Self::Departed => Departed::NAMES,
            Self::AfterError => AfterError::NAMES,
            Self::FirstPoll => FirstPoll::NAMES,
            Self::Doubtful => Doubtful::NAMES,
            Self::ClaimBatch => &[],
        }
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A value that a switch doesn't have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {switch} {value:?}; {}", remedy(.switch))]
pub struct UnknownValue {
    /// The switch's name.
    pub switch: &'static str,
    /// What was asked for.
    pub value: String,
}

impl UnknownValue {
    fn new(switch: &'static str, value: &str) -> Self {
        Self { switch, value: value.to_owned() }
    }
}

fn remedy(switch: &str) -> String {
    let values = Switch::ALL.iter().find(|known| known.as_str() == switch).map_or(&[][..], |s| s.values());
    let quoted: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    if quoted.is_empty() {
        "a whole number from 1 up".to_owned()
    } else {
        format!("one of {}", quoted.join(", "))
    }
}

impl Policy {
    /// The value of a switch, by name.
    #[must_use]
    pub fn get(&self, switch: Switch) -> String {
        match switch {
            Switch::Chain => self.chain.to_string(),
            Switch::Postings => self.postings.to_string(),
            Switch::Route => self.route.to_string(),
            Switch::Order => self.order.to_string(),
            Switch::Departed => self.departed.to_string(),
            Switch::AfterError => self.after_error.to_string(),
            Switch::FirstPoll => self.first_poll.to_string(),
            Switch::Doubtful => self.doubtful.to_string(),
            Switch::ClaimBatch => self.claim_batch.to_string(),
        }
    }

    /// Sets a switch to the value of this name. After an error nothing has changed.
    pub fn set(&mut self, switch: Switch, value: &str) -> Result<(), UnknownValue> {
        match switch {
            Switch::Chain => self.chain = value.parse()?,
            Switch::Postings => self.postings = value.parse()?,
            Switch::Route => self.route = value.parse()?,
            Switch::Order => self.order = value.parse()?,
            Switch::Departed => self.departed = value.parse()?,
            Switch::AfterError => self.after_error = value.parse()?,
            Switch::FirstPoll => self.first_poll = value.parse()?,
            Switch::Doubtful => self.doubtful = value.parse()?,
            Switch::ClaimBatch => {
                let jobs = value.parse().ok().filter(|jobs| *jobs > 0);
                self.claim_batch = jobs.ok_or_else(|| UnknownValue::new(switch.as_str(), value))?;
            }
        }
        Ok(())
    }

    /// Switches whose values differ from another policy's.
    fn differences(self, other: Self) -> impl Iterator<Item = Switch> {
        Switch::ALL.into_iter().filter(move |switch| self.get(*switch) != other.get(*switch))
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends = [("default", Self::default()), ("seed", Self::seed())];
        let (name, differences) = ends
            .map(|(name, end)| (name, self.differences(end).collect::<Vec<_>>()))
            .into_iter()
            .min_by_key(|(_, differences)| differences.len())
            .unwrap_or_default();
        f.write_str(name)?;
        for (place, switch) in differences.into_iter().enumerate() {
            let joint = if place == 0 { " with " } else { ", " };
            write!(f, "{joint}{switch}={}", self.get(switch))?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_every_switch_is_set_and_got_by_its_name() {
        for switch in Switch::ALL {
            let numbers = ["1", "16", "500"];
            let values = if switch == Switch::ClaimBatch { &numbers[..] } else { switch.values() };
            for value in values {
                let mut policy = Policy::default();
                policy.set(switch, value).unwrap();
                assert_eq!(policy.get(switch), *value);
                let others = policy.differences(Policy::default());
                assert!(others.into_iter().all(|other| other == switch), "{switch} is set alone");
            }
        }
    }

    #[test]
    fn serde_knows_the_same_names() {
        let json = serde_json::to_value(Policy::seed()).unwrap();
        for switch in Switch::ALL {
            let value = &json[switch.as_str()];
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            assert_eq!(value, Policy::seed().get(switch));
        }
        assert_eq!(json.as_object().unwrap().len(), Switch::ALL.len());
        assert_eq!(serde_json::from_value::<Policy>(json).unwrap(), Policy::seed());
        assert_eq!(serde_json::from_str::<Policy>("{}").unwrap(), Policy::default());
    }

    #[test]
    fn the_presets_differ_in_every_switch() {
        assert_eq!(Policy::seed().differences(Policy::default()).count(), Switch::ALL.len());
        assert_eq!(Policy::default().to_string(), "default");
        assert_eq!(Policy::seed().to_string(), "seed");
    }

    #[test]
    fn unknown_values_are_refused_with_those_there_are() {
        let mut policy = Policy::default();
        let refused = policy.set(Switch::Chain, "sometimes").unwrap_err().to_string();
        assert_eq!(refused, r#"unknown chain "sometimes"; one of "always", "while_unaccounted""#);
        for number in ["0", "-1", "many", ""] {
            let refused = policy.set(Switch::ClaimBatch, number).unwrap_err().to_string();
            assert!(refused.ends_with("a whole number from 1 up"), "{refused}");
        }
        assert_eq!(policy, Policy::default());
    }
}
