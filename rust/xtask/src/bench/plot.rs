//! The results as a bar chart: how many times better than dart:io each row is.

use super::contender::Contender;
use super::goal::Goal;
use super::report::Section;
use super::table::rounded;

const WIDTH: f64 = 860.0;
/// The ends of the axis, in pixels.
const LEFT: f64 = 370.0;
const RIGHT: f64 = 800.0;
const TOP: f64 = 64.0;
const LINE: f64 = 24.0;

/// The minimum and maximum of the axis, in times dart:io.
const AXIS: (f64, f64) = (0.25, 128.0);

/// Legible in light and dark mode.
const STYLE: &str = include_str!("plot.css");

/// The bar chart of a section as SVG.
pub(crate) fn svg(section: &Section) -> String {
    // Rows without goals are only in the table.
    let judged = section.lines.iter().filter(|line| line.row.has_goals());
    let rows: Vec<_> = judged
        .filter_map(|line| Some((line, line.times(Contender::DartIo)?)))
        .collect();
    let bottom = TOP + LINE * rows.len() as f64;
    let height = bottom + 56.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n<style>\n{STYLE}</style>\n"
    );
    svg += &text(
        16.0,
        26.0,
        "title",
        "start",
        &format!("{}: times better than dart:io", section.scheme),
    );
    let mut mark = AXIS.0;
    while mark <= AXIS.1 {
        let class = if mark == 1.0 { "even" } else { "grid" };
        svg += &line(class, x(mark), TOP - 8.0, x(mark), bottom);
        svg += &text(x(mark), TOP - 14.0, "axis", "middle", &format!("{mark}"));
        mark *= 2.0;
    }
    for (index, (row, times)) in rows.iter().enumerate() {
        let top = TOP + LINE * index as f64;
        let middle = top + LINE / 2.0;
        let label = row.row.label.replace('`', "");
        svg += &text(LEFT - 16.0, middle + 4.0, "", "end", &label);
        let (from, to) = (x(1.0).min(x(*times)), x(1.0).max(x(*times)));
        let class = if *times < 1.0 { "worse" } else { "bar" };
        svg += &format!(
            "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"14\"/>\n",
            middle - 7.0,
            to - from,
        );
        for verdict in &row.verdicts {
            if let Goal::DartIo(goal) = verdict.goal {
                svg += &line("goal", x(goal), middle - 10.0, x(goal), middle + 10.0);
            }
        }
        if let Some(part) = row.times(Contender::Floor) {
            svg += &format!(
                "<circle class=\"floor\" cx=\"{:.1}\" cy=\"{middle:.1}\" r=\"4\"/>\n",
                x(times / part),
            );
        }
        svg += &text(RIGHT + 50.0, middle + 4.0, "", "end", &rounded(*times));
    }
    let legend = bottom + 32.0;
    svg += &line("goal", 24.0, legend - 10.0, 24.0, legend + 10.0);
    svg += &text(36.0, legend + 4.0, "axis", "start", "goal");
    svg += &format!("<circle class=\"floor\" cx=\"96\" cy=\"{legend}\" r=\"4\"/>\n");
    let floor = "raw Rust, without Dart";
    svg += &text(108.0, legend + 4.0, "axis", "start", floor);
    svg += "</svg>\n";
    svg
}

/// The position of `times` on the logarithmic axis.
fn x(times: f64) -> f64 {
    let place = |times: f64| times.clamp(AXIS.0, AXIS.1).log2();
    let part = (place(times) - place(AXIS.0)) / (place(AXIS.1) - place(AXIS.0));
    LEFT + (RIGHT - LEFT) * part
}

fn text(x: f64, y: f64, class: &str, anchor: &str, text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!(
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>\n"
    )
}

fn line(class: &str, x1: f64, y1: f64, x2: f64, y2: f64) -> String {
    format!(
        "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::super::rows::ROWS;
    use super::super::samples::Samples;
    use super::super::scheme::Scheme;
    use super::*;

    #[test]
    fn the_axis_is_logarithmic_and_has_ends() {
        assert_eq!(x(AXIS.0), LEFT);
        assert_eq!(x(AXIS.1), RIGHT);
        assert_eq!(x(1e9), RIGHT);
        assert!((x(2.0) - x(1.0) - (x(64.0) - x(32.0))).abs() < 1e-9);
    }

    #[test]
    fn a_row_is_drawn_with_goal_and_floor() {
        let row = &ROWS[0];
        let mut samples = Samples::default();
        for (contender, value) in [
            (Contender::DartIo, 120.0),
            (Contender::Ours, 60.0),
            (Contender::Floor, 30.0),
        ] {
            samples.add(contender, row.measurement, row.measure, value);
        }
        let contenders = vec![Contender::DartIo, Contender::Ours, Contender::Floor];
        let section = Section::new(Scheme::Ws, contenders, &[row], &samples, Vec::new());
        let svg = svg(&section);
        assert!(
            svg.contains(&format!("width=\"{:.1}\"", x(2.0) - x(1.0))),
            "{svg}"
        );
        assert!(svg.contains(&format!("cx=\"{:.1}\"", x(4.0))), "{svg}");
        assert!(svg.contains(row.label), "{svg}");
    }
}
