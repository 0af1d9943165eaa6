#include "scanner/protocol.h"

#include "base/datagram.h"

namespace warder::scanner {
namespace {

constexpr std::size_t kMaxWarnings = 100;

}  // namespace

Result<void> send(int socket, const json::object& object, int fd) {
  const std::string text = json::serialize(object);
  if (text.size() > kMaxDatagramBytes) return fail(ErrorCode::TooLarge, "a message to the scanner is too long");
  return send_datagram(socket, text, fd, true).in("scanner");
}

Result<Datagram> receive(int socket) {
  std::string text(kMaxDatagramBytes, '\0');
  auto received = WD_TRY(receive_datagram(socket, text.data(), text.size()).in("scanner"));
  if (!received) return fail(ErrorCode::Unavailable, "scanner: nothing came");
  json::value value = WD_TRY(parse_json(std::string_view(text).substr(0, received->bytes)));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "a message is not an object");
  return Datagram{std::move(value.get_object()), std::move(received->file)};
}

json::object to_json(const Info& info) {
  json::array warnings;
  for (const std::string& each : info.warnings)
    if (warnings.size() < kMaxWarnings) warnings.push_back(json::string(each.substr(0, 500)));
  return {{"state", "ready"},
          {"signatures", info.signatures},
          {"rules", info.rules},
          {"version", json::string(info.version)},
          {"warnings", std::move(warnings)}};
}

Result<Info> info_from_json(const json::object& object) {
  if (WD_TRY(get_string(object, "state")) != "ready")
    return fail(ErrorCode::Invalid, std::string(get_string(object, "error").value_or("the scanner did not start")));
  Info info;
  info.signatures = static_cast<std::uint64_t>(WD_TRY(get_int(object, "signatures")));
  info.rules = static_cast<std::uint64_t>(WD_TRY(get_int(object, "rules")));
  info.version = WD_TRY(get_string(object, "version"));
  for (const json::value& each : *WD_TRY(get_array(object, "warnings")))
    if (each.is_string()) info.warnings.emplace_back(each.get_string());
  return info;
}

}  // namespace warder::scanner
