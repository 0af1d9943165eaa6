// What libhtp notices, as events of rules.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace warder::ips::app {

std::span<const std::string_view> http_events() noexcept;
/// The event of a message that libhtp logs.
std::optional<std::uint8_t> http_event_of(std::string_view message) noexcept;
std::optional<std::uint8_t> find_http_event(std::string_view name) noexcept;

}  // namespace warder::ips::app
