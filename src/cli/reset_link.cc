#include "cli/reset_link.h"

#include "base/json.h"

namespace warder::cli {

Result<std::string> link_text(Session& session, const json::object& link) {
  return WD_TRY(session.credentials()).url + std::string(WD_TRY(get_string(link, "path")));
}

Result<void> write_out_link(Session& session, json::value& answer) {
  if (!answer.is_object()) return fail(ErrorCode::Corrupt, "the answer is not an object");
  json::object& object = answer.get_object();
  const json::object link = *WD_TRY(get_object(object, "link"));
  object["link_expires"] = WD_TRY(get_string(link, "expires"));
  object["link"] = WD_TRY(link_text(session, link));
  return {};
}

}  // namespace warder::cli
