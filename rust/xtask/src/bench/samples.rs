use std::collections::BTreeMap;

use super::contender::Contender;
use super::measurement::Measurement;

/// What was measured in each round.
#[derive(Default)]
pub(crate) struct Samples(BTreeMap<(Contender, &'static str, String), Vec<f64>>);

impl Samples {
    pub(crate) fn add(
        &mut self,
        contender: Contender,
        measurement: &Measurement,
        measure: impl Into<String>,
        value: f64,
    ) {
        let key = (contender, measurement.command, measure.into());
        self.0.entry(key).or_default().push(value);
    }

    /// The values of each round, none if it was not measured.
    pub(crate) fn of(
        &self,
        contender: Contender,
        measurement: &Measurement,
        measure: &str,
    ) -> &[f64] {
        let key = (contender, measurement.command, measure.to_owned());
        self.0.get(&key).map_or(&[], Vec::as_slice)
    }
}
