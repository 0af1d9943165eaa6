// One setting of each kind, for the targets that parse settings.
#pragma once

#include "base/fields.h"

namespace warder::fuzz {

struct Settings {
  bool enabled = true;
  std::int64_t period_s = 60;
  std::string mode = "observe";
  std::string label = "x";
  std::vector<std::string> paths = {"/etc"};

  static std::span<const Field<Settings>> fields() {
    using enum PersonalData;
    static constexpr Field<Settings> kFields[] = {
        {"enabled", &Settings::enabled, 0, 0, None, "Whether it runs"},
        {"period_s", &Settings::period_s, 1, 3600, None, "How often"},
        {"mode", &Settings::mode, 0, 0, None, "What it does", "observe|enforce"},
        {"net.label", &Settings::label, 0, 40, Identifier, "A name"},
        {"paths", &Settings::paths, 0, 8, Content, "Where"},
    };
    return kFields;
  }
};

}  // namespace warder::fuzz
