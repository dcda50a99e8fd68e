//! The faults that wait to happen.

use super::effect::{AnswerFault, BillFault, Call, Effect, NoticeFault, Subject, effect};
use super::fault_spec::{Plan, Written};

/// Faults armed at once.
pub const MAX_FAULTS: usize = 1000;

/// Every fault that may still happen, in the order they were written. Holds at most [`MAX_FAULTS`].
#[derive(Debug, Default)]
pub struct Armed {
    faults: Vec<(Written, Effect)>,
}

impl Armed {
    /// Arms a plan as a whole, or says which fault of it makes no sense.
    pub fn new(plan: Plan) -> Result<Self, String> {
        if plan.faults.len() > MAX_FAULTS {
            return Err(format!("at most {MAX_FAULTS} faults"));
        }
        let arm = |(index, written): (usize, Written)| match effect(&written) {
            Ok(effect) => Ok((written, effect)),
            Err(why) => Err(format!("faults[{index}]: {why}")),
        };
        let faults = plan.faults.into_iter().enumerate().map(arm).collect::<Result<_, _>>()?;
        Ok(Self { faults })
    }

    /// What is left, with `times` counted down.
    pub fn left(&self) -> Vec<Written> {
        self.faults.iter().map(|(written, _)| written.clone()).collect()
    }

    /// Takes the fault that befalls this answer, if there is one.
    pub fn take_answer(&mut self, call: Call, out_trade_no: &str) -> Option<AnswerFault> {
        self.take(out_trade_no, |effect| match effect {
            Effect::Answer(on, AnswerFault::Bill(_)) if on == call => None,
            Effect::Answer(on, fault) if on == call => Some(fault),
            Effect::Answer(..) | Effect::Notice(..) => None,
        })
    }

    /// Takes the fault that befalls this bill, if there is one, with the number of the row it means.
    pub fn take_bill(&mut self, call: Call) -> Option<(BillFault, Option<String>)> {
        let is_it = |(written, effect): &(Written, Effect)| match effect {
            Effect::Answer(on, AnswerFault::Bill(fault)) if *on == call && written.times != Some(0) => {
                Some((*fault, written.out_trade_no.clone()))
            }
            Effect::Answer(..) | Effect::Notice(..) => None,
        };
        let found = self.faults.iter().enumerate().find_map(|(index, fault)| Some((index, is_it(fault)?)));
        let (index, taken) = found?;
        self.spend(index);
        Some(taken)
    }

    /// Takes the fault that befalls this delivery, if there is one that it may still meet.
    pub fn take_notice(
        &mut self,
        about: Subject,
        out_trade_no: &str,
        may_meet: impl Fn(NoticeFault) -> bool,
    ) -> Option<NoticeFault> {
        self.take(out_trade_no, |effect| match effect {
            Effect::Notice(subject, fault) if subject.is_none_or(|subject| subject == about) => {
                Some(fault).filter(|fault| may_meet(*fault))
            }
            Effect::Notice(..) | Effect::Answer(..) => None,
        })
    }

    fn take<F>(&mut self, out_trade_no: &str, choose: impl Fn(Effect) -> Option<F>) -> Option<F> {
        let matches = |written: &Written| {
            written.times != Some(0)
                && written.out_trade_no.as_deref().is_none_or(|number| number == out_trade_no)
        };
        let chosen = self.faults.iter().enumerate().filter(|(_, (written, _))| matches(written));
        let (index, fault) =
            chosen.filter_map(|(index, (_, effect))| Some((index, choose(*effect)?))).next()?;
        self.spend(index);
        Some(fault)
    }

    fn spend(&mut self, index: usize) {
        if let Some(times) = &mut self.faults[index].0.times {
            *times -= 1;
            if *times == 0 {
                self.faults.remove(index);
            }
        }
    }
}
