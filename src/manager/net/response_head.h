// The head of an HTTP/1.1 answer as bytes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "manager/net/http.h"

namespace warder::manager {

enum class BodyLength : std::uint8_t { Known, Chunked, UntilClose };

/// Status line, headers, `date`, `connection` and the body's length. A header whose name or value could end the line is
/// left out: no answer of ours can be split by what a user wrote.
std::string response_head(const HttpResponse& response, BodyLength length, bool keep_alive,
                          std::chrono::system_clock::time_point now);

std::string_view reason_phrase(int status) noexcept;

}  // namespace warder::manager
