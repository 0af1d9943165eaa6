// A long answer that ends with the session it was asked for in.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "manager/net/http.h"

namespace warder::manager {

/// Passes on to `stream` while `is_in_force` is true, which is asked at the first write and then at most every `pause`;
/// closes it instead of the first write afterwards. As thread-safe as `stream`.
std::shared_ptr<ResponseStream> guarded(std::shared_ptr<ResponseStream> stream, std::function<bool()> is_in_force,
                                        std::chrono::milliseconds pause = std::chrono::seconds(3));

}  // namespace warder::manager
