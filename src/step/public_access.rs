//! The four flags of a public access block, and the way back flag by flag.

use serde_json::{Map, Value};

use super::bucket::FLAGS;

/// All four on.
pub fn all_on() -> Value {
    flags(|_| true)
}

fn flags(of: impl Fn(&str) -> bool) -> Value {
    FLAGS.iter().map(|f| (f.to_string(), of(f).into())).collect::<Map<_, _>>().into()
}

pub fn is_all_on(state: &Value) -> bool {
    FLAGS.iter().all(|f| state[f] == true)
}

/// What the block should be again: the flags that we turned on are off, others as they are now. `null` when
/// there was no block and none is on. Nothing when it is so already.
pub fn back(now: &Value, before: &Value, after: &Value) -> Option<Value> {
    if now.is_null() || now == before {
        return None;
    }
    let on = |state: &Value, flag: &str| state[flag] == true;
    let ours = |flag: &str| on(after, flag) && !on(before, flag);
    let target = flags(|flag| on(now, flag) && !ours(flag));
    if before.is_null() && FLAGS.iter().all(|f| !on(&target, f)) {
        return Some(Value::Null);
    }
    (target != *now).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(bits: u8) -> Value {
        flags(|f| bits >> FLAGS.iter().position(|g| *g == f).unwrap() & 1 == 1)
    }

    #[test]
    fn every_state_comes_back_and_stays() {
        for before in (0..16).map(state).chain([Value::Null]) {
            let after = all_on();
            if before != after {
                assert_eq!(back(&after, &before, &after), Some(before.clone()));
            }
            assert_eq!(back(&before, &before, &after), None, "twice");
            assert_eq!(back(&Value::Null, &before, &after), None);
            for now in (0..16).map(state) {
                let target = back(&now, &before, &after).unwrap_or_else(|| now.clone());
                for flag in FLAGS.iter().filter(|f| before[**f] == true) {
                    assert_eq!(target[flag] == true, now[flag] == true, "{flag} is not ours");
                }
            }
        }
    }
}
