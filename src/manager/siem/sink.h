// The kinds of receivers that the manager can send to. What a sink is: sinks/sink.h.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "sinks/sink.h"

namespace warder::manager {

using sinks::MayReach;
using sinks::read_sink_settings;
using sinks::RefusedEvent;
using sinks::Sink;
using sinks::SinkOptions;
using sinks::SinkReport;

/// A row of the table of kinds.
struct SinkKind {
  std::string_view name;  // "syslog"
  std::string_view doc;
  /// Invalid, with a pointer below "/settings" or "/secret", for settings that cannot be used.
  Result<void> (*check)(const boost::json::object& settings, std::string_view secret);
  Result<std::unique_ptr<Sink>> (*make)(SinkOptions options);
};

/// Every kind there is; a new one is a file and a row in sink_kinds.cc.
std::span<const SinkKind> sink_kinds() noexcept;
/// nullptr when there is none of this name.
const SinkKind* find_sink_kind(std::string_view name) noexcept;

}  // namespace warder::manager
