// The control socket: `warder-agent status` and the like ask the running agent. One JSON object on one line each way.
#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/file.h"
#include "base/log.h"
#include "base/result.h"

namespace warder::agent {

/// Who asks, as the kernel says (SO_PEERCRED).
struct Caller {
  int pid = 0;
  unsigned user = 0;
};

/// Called on the server's thread; may block.
using ControlHandler =
    std::function<Result<boost::json::object>(const Caller& caller, const boost::json::object& request)>;

/// Listens from creation until destruction, on a thread of its own, for one caller at a time. Only root is answered.
class ControlServer {
 public:
  static Result<std::unique_ptr<ControlServer>> create(const std::filesystem::path& path, ControlHandler handler,
                                                       Log& log);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  ControlServer(std::filesystem::path path, UniqueFd listener, UniqueFd stop, ControlHandler handler, Log& log);
  void run();
  void answer(UniqueFd client);

  std::filesystem::path path_;
  UniqueFd listener_;
  UniqueFd stop_;
  ControlHandler handler_;
  Log& log_;
  std::thread thread_;
};

/// Asks the agent behind `path`. NotFound or Unavailable: no agent runs there. An error that the agent answered comes
/// back with its code.
Result<boost::json::object> ask_agent(const std::filesystem::path& path, const boost::json::object& request,
                                      std::chrono::milliseconds patience);

}  // namespace warder::agent
