//! What a plan will do, settled before anything is begun.

use std::time::Duration;

use loadgen::assert::Expression;
use loadgen::capacity::{
    Axis, Cell, Goal, POINTS_MIN, Search, StepLength, cells, default_warmup, left_out, level_scenario,
    mean_rate,
};
use loadgen::report::Target;
use loadgen::scenario::quantity::{format_duration, parse_rate};
use loadgen::scenario::{Scenario, ScenarioError, Source};

use super::super::args::PlanArgs;
use super::super::failure::Failure;

/// How long a step takes besides its run: to connect, to drain, to audit, to clean up.
const AROUND_STEP: Duration = Duration::from_secs(1);
/// A step of fewer seconds has no slope.
const STEP_MIN: Duration = Duration::from_secs(POINTS_MIN as u64 + 1);

/// Everything decided.
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) goal: Goal,
    pub(super) slo: Vec<Expression>,
    pub(super) measured: Duration,
    pub(super) repeat: usize,
    pub(super) cells: Vec<PlannedCell>,
    /// What of the scenario no step has.
    pub(super) notes: Vec<String>,
    pub(super) targets: Vec<Target>,
}

/// One search.
pub(super) struct PlannedCell {
    pub(super) cell: Cell,
    pub(super) axis: Axis,
    pub(super) length: StepLength,
}

impl Plan {
    /// Settles flags; whatever can be refused is refused here.
    pub(super) fn settle(args: &PlanArgs) -> Result<Self, Failure> {
        let source = Source::open(&args.scenario)?;
        let goal = Goal::from(args.find);
        if args.step < STEP_MIN {
            return Err(refused(
                "--step",
                format!(
                    "{} is too short to see whether the backlog grows; give it {} or more",
                    format_duration(args.step),
                    format_duration(STEP_MIN)
                ),
            ));
        }
        let targets = args.report.iter().map(Target::for_plan).collect::<Result<Vec<_>, _>>()?;
        let grid = cells(&source, &args.load.overrides(), &args.vary, goal)?;
        let cells = grid
            .into_iter()
            .map(|cell| PlannedCell::settle(args, goal, cell))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            name: source.short_name().to_owned(),
            title: cells.first().map_or_else(String::new, |cell| cell.cell.scenario.title.clone()),
            notes: cells.first().map_or_else(Vec::new, |cell| left_out(&cell.cell.scenario)),
            goal,
            slo: args.slo.clone(),
            measured: args.step,
            repeat: usize::from(args.repeat),
            cells,
            targets,
        })
    }
}

impl PlannedCell {
    fn settle(args: &PlanArgs, goal: Goal, cell: Cell) -> Result<Self, Failure> {
        let scenario = &cell.scenario;
        if args.database.url.is_given() {
            scenario.check_server_is_ours()?;
        }
        let rate = mean_rate(scenario);
        if rate <= 0.0 {
            return Err(refused(
                "SCENARIO",
                "no poster posts in its measured part, so that there is nothing to hold".to_owned(),
            ));
        }
        let (own_start, fleets) = match goal {
            Goal::MaxRate => (rounded(rate), None),
            Goal::MinWorkers => (scenario.workers() as f64, Some(scenario.fleets.len() as f64)),
        };
        let level = |option, text: &Option<String>| -> Result<Option<f64>, Failure> {
            text.as_deref().map(|text| read_level(goal, option, text)).transpose()
        };
        let axis = Axis::new(
            goal,
            level("--start", &args.start)?.unwrap_or(own_start),
            level("--min", &args.min)?.or(fleets),
            level("--max", &args.max)?,
            args.precision,
        )?;
        let warmup = args.warmup.unwrap_or_else(|| default_warmup(scenario));
        let length = StepLength { warmup, measured: args.step };
        let planned = Self { cell, axis, length };
        // What no step can be made of is told before the first, not after.
        let (min, max) = axis.bounds();
        for level in [axis.start(), min, max] {
            planned.scenario(goal, level, 0)?;
        }
        Ok(planned)
    }

    /// The scenario of its step number `trial`, whose draws are its own.
    pub(super) fn scenario(&self, goal: Goal, level: f64, trial: u64) -> Result<Scenario, Failure> {
        let mut scenario = level_scenario(&self.cell.scenario, goal, level, self.length)?;
        scenario.seed = scenario.seed.wrapping_add(trial);
        Ok(scenario)
    }

    /// How long a step takes when it is as planned.
    pub(super) fn step_takes(&self) -> Duration {
        self.length.total() + AROUND_STEP
    }

    /// How many steps it takes when it goes as likely as not.
    pub(super) fn steps(&self, repeat: usize) -> usize {
        Search::new(self.axis, repeat).trials_left()
    }

    /// What tells it from the others, such as `replicas=3 policy=seed`.
    pub(super) fn name(&self) -> String {
        let settings: Vec<String> =
            self.cell.settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
        settings.join(" ")
    }
}

fn refused(option: &'static str, message: String) -> Failure {
    ScenarioError::Override { option, message }.into()
}

fn read_level(goal: Goal, option: &'static str, text: &str) -> Result<f64, Failure> {
    match goal {
        Goal::MaxRate => parse_rate(text).map_err(|error| refused(option, error.to_string())),
        Goal::MinWorkers => text
            .parse::<u32>()
            .map(f64::from)
            .map_err(|_| refused(option, format!("{text:?} is no number of workers, such as 40"))),
    }
}

/// Three digits, as levels have them.
fn rounded(rate: f64) -> f64 {
    format!("{rate:.2e}").parse().unwrap_or(rate)
}
