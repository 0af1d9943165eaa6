// warder quarantine list|restore|export|delete and warder scans start|status|pause|resume|cancel: what the anti-malware
// module of a host took away, and scans that it is asked for, by its manager.
#include <ostream>

#include "base/bytes.h"
#include "base/file.h"
#include "cli/agent_command.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr Column kFiles[] = {{"ID", "/id"},       {"TIME", "/time"}, {"SIGNATURE", "/signature"},
                             {"BYTES", "/bytes"}, {"PATH", "/path"}, {"SHA256", "/sha256"}};

struct Arguments {
  std::string agent;
  std::string id;
  std::string approval;
  std::string file;
  std::string kind = "manual";
  std::vector<std::string> paths;
};
using Shared = std::shared_ptr<Arguments>;

Result<json::value> ask(Session& session, const Shared& arguments, std::string_view name, json::object more) {
  return ask_agent(session, arguments->agent,
                   {{"module", "anti-malware"}, {"name", name}, {"arguments", std::move(more)}}, arguments->approval);
}

Result<ExitCode> list(Session& session, const Shared& arguments) {
  const json::value answer = WD_TRY(ask(session, arguments, "quarantine-list", {}));
  print_list(session, *WD_TRY(get_array(answer.get_object(), "files")), kFiles);
  return ExitCode::Ok;
}

Result<ExitCode> restore(Session& session, const Shared& arguments) {
  const json::value file = WD_TRY(ask(session, arguments, "quarantine-restore", {{"id", json::string(arguments->id)}}));
  print_note(session, std::string(WD_TRY(get_string(file.get_object(), "path"))) + " is where it was.");
  return ExitCode::Ok;
}

// Into a file of the caller's, which nobody else can read.
Result<ExitCode> take_out(Session& session, const Shared& arguments) {
  const json::value answer =
      WD_TRY(ask(session, arguments, "quarantine-export", {{"id", json::string(arguments->id)}}));
  const Bytes content = WD_TRY(from_base64(WD_TRY(get_string(answer.get_object(), "content"))));
  WD_TRY(write_file_atomically(arguments->file, as_text(content)));
  print_note(session, std::to_string(content.size()) + " bytes, as they were found: " + arguments->file);
  return ExitCode::Ok;
}

Result<ExitCode> destroy(Session& session, const Shared& arguments) {
  WD_TRY(ask(session, arguments, "quarantine-delete", {{"id", json::string(arguments->id)}}));
  print_note(session, "Destroyed.");
  return ExitCode::Ok;
}

Result<ExitCode> start(Session& session, const Shared& arguments) {
  json::array paths;
  for (const std::string& path : arguments->paths) paths.push_back(json::string(path));
  WD_TRY(ask(session, arguments, "scan", {{"kind", json::string(arguments->kind)}, {"paths", std::move(paths)}}));
  print_note(session, "Queued on " + arguments->agent + "; what it finds are events.");
  return ExitCode::Ok;
}

Result<ExitCode> status(Session& session, const Shared& arguments) {
  const json::value answer = WD_TRY(ask(session, arguments, "scan-status", {}));
  session.environment().out << json::serialize(answer) << "\n";
  return ExitCode::Ok;
}

Result<ExitCode> tell(Session& session, const Shared& arguments, std::string_view name) {
  WD_TRY(ask(session, arguments, name, {}));
  return ExitCode::Ok;
}
Result<ExitCode> pause(Session& session, const Shared& arguments) {
  return tell(session, arguments, "scan-pause");
}
Result<ExitCode> resume(Session& session, const Shared& arguments) {
  return tell(session, arguments, "scan-resume");
}
Result<ExitCode> cancel(Session& session, const Shared& arguments) {
  return tell(session, arguments, "scan-cancel");
}

}  // namespace

void add_quarantine(Tree& tree) {
  const auto arguments = std::make_shared<Arguments>();
  const auto on_host = [&](CLI::App& group, const char* name, const char* doc,
                           Result<ExitCode> (*action)(Session&, const Shared&)) {
    CLI::App& command = add(tree, group, name, doc, arguments, action);
    command.add_option("agent", arguments->agent, "Id or host name")->required();
    return &command;
  };
  CLI::App& group = add_group(tree, "quarantine", "Files that a host's anti-malware took away");
  on_host(group, "list", "List them, newest first", list);
  CLI::App* const restores = on_host(group, "restore", "Put one back where it was", restore);
  restores->add_option("id", arguments->id, "Of the file")->required();
  restores->add_option("--approval", arguments->approval,
                       "Approval of anti-malware.restore for agent:AGENT:FILE (warder approvals request)");
  CLI::App* const exports = on_host(group, "export", "Fetch the content of one", take_out);
  exports->add_option("id", arguments->id, "Of the file")->required();
  exports->add_option("file", arguments->file, "Where it goes")->required();
  exports->add_option("--approval", arguments->approval, "Approval of anti-malware.export for agent:AGENT:FILE");
  on_host(group, "delete", "Destroy one", destroy)->add_option("id", arguments->id, "Of the file")->required();
  CLI::App& scans = add_group(tree, "scans", "Scans that a host's anti-malware runs");
  CLI::App* const starts = on_host(scans, "start", "Ask for one", start);
  starts->add_option("paths", arguments->paths, "Absolute paths; of a manual or a full scan");
  starts->add_option("--kind", arguments->kind, "manual, full or quick")
      ->check(CLI::IsMember({"manual", "full", "quick"}))
      ->capture_default_str();
  on_host(scans, "status", "How far the one that runs is", status);
  on_host(scans, "pause", "Hold it", pause);
  on_host(scans, "resume", "Let it go on", resume);
  on_host(scans, "cancel", "End it", cancel);
}

}  // namespace warder::cli
