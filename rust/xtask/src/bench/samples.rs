//! The measured values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::contender::Contender;
use super::measurement::Measurement;

/// The values of each round, by contender, measurement and measure.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Samples(BTreeMap<Contender, BTreeMap<String, BTreeMap<String, Vec<f64>>>>);

impl Samples {
    pub(crate) fn add(
        &mut self,
        contender: Contender,
        measurement: &Measurement,
        measure: impl Into<String>,
        value: f64,
    ) {
        let measurements = self.0.entry(contender).or_default();
        let measures = measurements
            .entry(measurement.command.to_owned())
            .or_default();
        measures.entry(measure.into()).or_default().push(value);
    }

    /// The values of each round; empty if it was not measured.
    pub(crate) fn of(
        &self,
        contender: Contender,
        measurement: &Measurement,
        measure: &str,
    ) -> &[f64] {
        let measures = self
            .0
            .get(&contender)
            .and_then(|it| it.get(measurement.command));
        measures
            .and_then(|it| it.get(measure))
            .map_or(&[], Vec::as_slice)
    }
}
