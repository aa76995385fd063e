//! A log line as one flat JSON object: `timestamp`, `level`, `target`, `trace_id` and `span_id`
//! where the work at hand is in a trace, `message`, and the event's own fields.

use std::fmt;

use jiff::Timestamp;
use tracing::{Event, Subscriber};
use tracing_serde::fields::AsMap;
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::trace;

/// The format.
pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let about = event.metadata();
        let mut line = serde_json::to_value(event.field_map()).map_err(|_| fmt::Error)?;
        line["timestamp"] = Timestamp::now().to_string().into();
        line["level"] = about.level().as_str().into();
        line["target"] = about.target().into();
        if let Some(trace) = trace::current() {
            line["trace_id"] = trace.id().into();
            line["span_id"] = trace.span_id().into();
        }
        writeln!(writer, "{line}")
    }
}
