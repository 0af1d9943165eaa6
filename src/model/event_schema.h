// The JSON Schema of an event, from the table of fields.
#pragma once

#include <boost/json/fwd.hpp>

namespace warder {

/// JSON Schema 2020-12 of an event as the API, exports and outputs write it.
boost::json::object event_schema();

}  // namespace warder
