// warder stream: what the receiver of an independent stream needs
#include <csignal>
#include <fstream>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/stream_receiver.h"
#include "stream/keys.h"
#include "stream/verifier.h"
#include "stream/writer.h"

namespace warder::cli {
namespace {

struct Arguments {
  std::vector<std::string> files;
  std::string key;
  std::string state_file;
  std::int64_t grace_s = 60;
  bool is_past = false;
  std::string output;
  std::string directory;
  std::string certificate;
  std::string private_key;
  std::string token_file;
  std::string listen = "0.0.0.0:8450";
};
using Shared = std::shared_ptr<Arguments>;

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

/// The text itself, or what a file of this name holds.
Result<crypto::NoteKey> read_known_key(const std::string& text) {
  if (auto key = crypto::NoteKey::parse(text)) return *key;
  return crypto::NoteKey::parse(trimmed(WD_TRY(read_file(text, 4096).in("--key")))).in("--key " + text);
}

template <class Take>
Result<void> each_line(Session& session, const std::vector<std::string>& files, const Take& take) {
  for (const std::string& name : files) {
    std::ifstream file;
    if (name != "-") file.open(name, std::ios::binary);
    if (name != "-" && !file) return fail(ErrorCode::NotFound, name + ": cannot be opened");
    std::istream& in = name == "-" ? session.environment().in : file;
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) WD_TRY(take(line, name + ":" + std::to_string(++number)));
  }
  return {};
}

Result<ExitCode> keygen(Session& session, const Shared& arguments) {
  if (std::filesystem::exists(arguments->output))
    return fail(ErrorCode::Conflict, arguments->output + ": is there already");
  const auto key = crypto::HpkePrivateKey::generate();
  WD_TRY(write_file_atomically(arguments->output, stream::to_text(key)));
  constexpr Column kColumns[] = {{"Public key, for the manager's receiver_key", "/public_key"},
                                 {"Private key, for nobody else", "/file"}};
  print_object(session, json::object{{"public_key", stream::to_text(key.public_key())}, {"file", arguments->output}},
               kColumns);
  return ExitCode::Ok;
}

json::object to_json(const stream::Finding& finding) {
  return {{"kind", name(finding.kind)}, {"finding", is_finding(finding.kind)},
          {"from", finding.from},       {"to", finding.to},
          {"place", finding.place},     {"detail", finding.detail}};
}

void print_report(Session& session, const stream::VerifyReport& report) {
  json::array findings;
  for (const stream::Finding& finding : report.findings) findings.push_back(to_json(finding));
  const json::object object{{"intact", report.is_intact()},     {"records", report.records},
                            {"last_record", report.end.number}, {"heartbeat_due", to_rfc3339(report.end.next)},
                            {"further", report.further},        {"findings", findings}};
  constexpr Column kReport[] = {{"Intact", "/intact"},
                                {"Records", "/records"},
                                {"Last record", "/last_record"},
                                {"Next heartbeat due", "/heartbeat_due"},
                                {"Findings not shown", "/further"}};
  constexpr Column kFindings[] = {
      {"KIND", "/kind"}, {"FROM", "/from"}, {"TO", "/to"}, {"WHERE", "/place"}, {"WHAT", "/detail"}};
  print_object(session, object, kReport);
  if (!session.is_json() && !findings.empty()) print_list(session, findings, kFindings);
}

Result<ExitCode> verify(Session& session, const Shared& arguments) {
  stream::VerifyOptions options;
  options.key = WD_TRY(read_known_key(arguments->key));
  options.grace = std::chrono::seconds(arguments->grace_s);
  const std::string& state = arguments->state_file;
  if (!state.empty() && std::filesystem::exists(state))
    options.begin = WD_TRY(stream::Verified::parse(WD_TRY(read_file(state, 4096))).in("--state " + state));
  stream::Verifier verifier(std::move(options));
  WD_TRY(each_line(session, arguments->files, [&](const std::string& line, const std::string& place) -> Result<void> {
    verifier.take(line, place);
    return {};
  }));
  const stream::VerifyReport report =
      verifier.finish(arguments->is_past ? std::nullopt : std::optional<Timestamp>(session.environment().now()));
  if (!state.empty()) WD_TRY(write_file_atomically(state, report.end.text()).in("--state"));
  print_report(session, report);
  return report.is_intact() ? ExitCode::Ok : ExitCode::Findings;
}

Result<ExitCode> read(Session& session, const Shared& arguments) {
  const auto key = WD_TRY(
      stream::parse_receiver_private_key(WD_TRY(read_file(arguments->key, 4096).in("--key"))).in(arguments->key));
  stream::BodyReader reader(key);
  std::ostream& out = session.environment().out;
  WD_TRY(each_line(session, arguments->files, [&](const std::string& line, const std::string& place) -> Result<void> {
    const auto record = WD_TRY(stream::parse_line(line).in(place));
    const std::string body = WD_TRY(reader.read(record).in(place));
    const json::value value = WD_TRY(parse_json(body).in(place));
    out << json::serialize(json::object{{"number", record.number},
                                        {"time", to_rfc3339(record.time)},
                                        {"kind", name(record.kind)},
                                        {"body", value}})
        << '\n';
    return {};
  }));
  return ExitCode::Ok;
}

/// Blocked, so that whoever looks finds them waiting.
sigset_t ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGPIPE}) sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

bool is_told_to_end() {
  sigset_t waiting;
  sigemptyset(&waiting);
  ::sigpending(&waiting);
  return sigismember(&waiting, SIGTERM) == 1 || sigismember(&waiting, SIGINT) == 1;
}

Result<ExitCode> receive(Session& session, const Shared& arguments) {
  const crypto::NoteKey key = WD_TRY(read_known_key(arguments->key));
  crypto::TlsServerOptions tls;
  tls.certificate_chain_pem = WD_TRY(read_file(arguments->certificate).in("--certificate"));
  tls.private_key_pem = WD_TRY(read_file(arguments->private_key).in("--private-key"));
  const auto context = WD_TRY(crypto::TlsServerContext::create(tls).in("--certificate"));
  StreamReceiverOptions options;
  options.listen = arguments->listen;
  if (!arguments->token_file.empty())
    options.token = trimmed(WD_TRY(read_file(arguments->token_file, 8192).in("--token-file")));
  ending_signals();
  const auto files = WD_TRY(StreamFiles::open(arguments->directory, key.name));
  StreamReceiver receiver(*files, context, std::move(options), session.environment().now);
  const std::uint16_t port = WD_TRY(receiver.open());
  print_note(session, "takes " + key.name + " at port " + std::to_string(port));
  session.environment().out.flush();
  WD_TRY(receiver.run(is_told_to_end));
  return ExitCode::Ok;
}

}  // namespace

void add_stream(Tree& tree) {
  CLI::App& group = add_group(tree, "stream", "The independent stream, as its receiver has it");
  const auto arguments = std::make_shared<Arguments>();
  CLI::App& made = add(tree, group, "keygen", "Make the receiver's keys", arguments, keygen);
  made.add_option("file", arguments->output, "Where the private key goes")->required();
  CLI::App& verified =
      add(tree, group, "verify", "Find what is missing, changed, reordered or late", arguments, verify);
  verified.add_option("--key", arguments->key, "The manager's public key, or a file with it")->required();
  verified.add_option("--grace-s", arguments->grace_s, "How much later than due a heartbeat may come")
      ->check(CLI::Range(0, 86'400));
  verified.add_option("--state", arguments->state_file, "Go on where the verification before ended, and note it there");
  verified.add_flag("--past", arguments->is_past, "The files are of the past: that they end is no finding");
  CLI::App& shown = add(tree, group, "read", "Open records and print them as JSON Lines", arguments, read);
  shown.add_option("--key", arguments->key, "File of the receiver's private key")->required();
  for (CLI::App* const command : {&verified, &shown})
    command->add_option("files", arguments->files, "In the order of the stream; - is standard input")->required();
  CLI::App& taken =
      add(tree, group, "receive", "Take a stream over HTTPS into a file for each day", arguments, receive);
  taken.add_option("--key", arguments->key, "The manager's public key, or a file with it")->required();
  taken.add_option("--directory", arguments->directory, "Where the files go")->required();
  taken.add_option("--certificate", arguments->certificate, "PEM file with the certificate chain")->required();
  taken.add_option("--private-key", arguments->private_key, "PEM file with its key")->required();
  taken.add_option("--token-file", arguments->token_file, "Only who brings this bearer token is listened to");
  taken.add_option("--listen", arguments->listen, "IP address and port")->capture_default_str();
}

}  // namespace warder::cli
