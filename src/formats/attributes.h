// What CEF and LEEF have in common: an event as keys and values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/format.h"

namespace warder::formats {

struct Attribute {
  std::string key;    // of the CEF dictionary where it has one; [A-Za-z0-9]+
  std::string value;  // as it was: not escaped
};

/// Who speaks, and of what kind it is.
struct Heading {
  std::string vendor;
  std::string product;
  std::string signature;  // few different ones: of the rule or of the type
  std::string title;      // the same for every event with that signature
  int severity = 0;       // 0 to 10
};

Heading heading_of(const OutgoingEvent& event, Names names);
/// Each key once; no value is empty or longer than its key allows.
std::vector<Attribute> attributes_of(const OutgoingEvent& event, const RenderOptions& options);

/// "change.attributes" as "warderChangeAttributes".
std::string own_key(std::string_view field);

}  // namespace warder::formats
