//! The active faults.

use super::effect::{AnswerFault, ApiCall, BillFault, FaultEffect, NoticeFault, NoticeSubject, parse_effect};
use super::fault_spec::{FaultPlan, FaultSpec};

/// The maximum number of active faults.
pub const MAX_FAULTS: usize = 1000;

/// All active faults in the given order, at most [`MAX_FAULTS`].
#[derive(Debug, Default)]
pub struct ActiveFaults {
    faults: Vec<(FaultSpec, FaultEffect)>,
}

impl ActiveFaults {
    /// Activates all faults of a plan, or returns an error about the first invalid one.
    pub fn new(plan: FaultPlan) -> Result<Self, String> {
        if plan.faults.len() > MAX_FAULTS {
            return Err(format!("at most {MAX_FAULTS} faults"));
        }
        let arm = |(index, spec): (usize, FaultSpec)| match parse_effect(&spec) {
            Ok(effect) => Ok((spec, effect)),
            Err(why) => Err(format!("faults[{index}]: {why}")),
        };
        let faults = plan.faults.into_iter().enumerate().map(arm).collect::<Result<_, _>>()?;
        Ok(Self { faults })
    }

    /// The remaining faults, with `times` counted down.
    pub fn left(&self) -> Vec<FaultSpec> {
        self.faults.iter().map(|(spec, _)| spec.clone()).collect()
    }

    /// Takes the fault for this answer, if there is one.
    pub fn take_answer(&mut self, call: ApiCall, out_trade_no: &str) -> Option<AnswerFault> {
        self.take(out_trade_no, |effect| match effect {
            FaultEffect::Answer(on, AnswerFault::Bill(_)) if on == call => None,
            FaultEffect::Answer(on, fault) if on == call => Some(fault),
            FaultEffect::Answer(..) | FaultEffect::Notice(..) => None,
        })
    }

    /// Takes the fault for this bill, if there is one, with the number of the affected row.
    pub fn take_bill(&mut self, call: ApiCall) -> Option<(BillFault, Option<String>)> {
        let is_match = |(spec, effect): &(FaultSpec, FaultEffect)| match effect {
            FaultEffect::Answer(on, AnswerFault::Bill(fault)) if *on == call && spec.times != Some(0) => {
                Some((*fault, spec.out_trade_no.clone()))
            }
            FaultEffect::Answer(..) | FaultEffect::Notice(..) => None,
        };
        let found = self.faults.iter().enumerate().find_map(|(index, fault)| Some((index, is_match(fault)?)));
        let (index, taken) = found?;
        self.use_up(index);
        Some(taken)
    }

    /// Takes the fault for this delivery, if there is one that `allows_fault` accepts.
    pub fn take_notice(
        &mut self,
        about: NoticeSubject,
        out_trade_no: &str,
        allows_fault: impl Fn(NoticeFault) -> bool,
    ) -> Option<NoticeFault> {
        self.take(out_trade_no, |effect| match effect {
            FaultEffect::Notice(subject, fault) if subject.is_none_or(|subject| subject == about) => {
                Some(fault).filter(|fault| allows_fault(*fault))
            }
            FaultEffect::Notice(..) | FaultEffect::Answer(..) => None,
        })
    }

    fn take<F>(&mut self, out_trade_no: &str, choose: impl Fn(FaultEffect) -> Option<F>) -> Option<F> {
        let matches = |spec: &FaultSpec| {
            spec.times != Some(0) && spec.out_trade_no.as_deref().is_none_or(|number| number == out_trade_no)
        };
        let chosen = self.faults.iter().enumerate().filter(|(_, (spec, _))| matches(spec));
        let (index, fault) =
            chosen.filter_map(|(index, (_, effect))| Some((index, choose(*effect)?))).next()?;
        self.use_up(index);
        Some(fault)
    }

    fn use_up(&mut self, index: usize) {
        if let Some(times) = &mut self.faults[index].0.times {
            *times -= 1;
            if *times == 0 {
                self.faults.remove(index);
            }
        }
    }
}
