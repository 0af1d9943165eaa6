// warder client-authorities, warder certificates
#include "base/file.h"
#include "cli/commands.h"

namespace warder::cli {
namespace {

constexpr std::size_t kMaxPemBytes = 1 << 20;

struct CertificateArguments {
  std::string id;
  std::string name;
  std::string file;
  std::string user;
  std::string password_file;
  std::string code_file;
  bool is_own = false;
};
using Arguments = std::shared_ptr<CertificateArguments>;

constexpr Column kAuthorities[] = {{"ID", "/id"},
                                   {"NAME", "/name"},
                                   {"SUBJECT", "/subject"},
                                   {"UNTIL", "/not_after"},
                                   {"REVOKED", "/revocations/certificates"},
                                   {"NEXT LIST BY", "/revocations/next"}};
constexpr Column kCertificates[] = {
    {"ID", "/id"}, {"USER", "/user_id"}, {"NAME", "/name"}, {"FINGERPRINT", "/fingerprint"}, {"UNTIL", "/not_after"}};

Result<ExitCode> list_authorities(Session& session, const Arguments&) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/client-authorities")), kAuthorities);
  return ExitCode::Ok;
}

Result<ExitCode> add_authority(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string pem = WD_TRY(read_file(arguments->file, kMaxPemBytes));
  print_object(session,
               WD_TRY(client->send("POST", "/client-authorities",
                                   json::object{{"name", arguments->name}, {"certificate", pem}})),
               kAuthorities);
  return ExitCode::Ok;
}

Result<ExitCode> set_revocations(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  const std::string pem = WD_TRY(read_file(arguments->file, kMaxPemBytes));
  print_object(session,
               WD_TRY(client->send("PUT", "/client-authorities/" + arguments->id + "/revocations",
                                   json::object{{"revocations", pem}})),
               kAuthorities);
  return ExitCode::Ok;
}

Result<ExitCode> remove_authority(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  WD_TRY(client->send("DELETE", "/client-authorities/" + arguments->id, nullptr));
  print_note(session, "Its certificates hold no more.");
  return ExitCode::Ok;
}

Result<ExitCode> list_certificates(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  print_list(session, WD_TRY(client->list("/user-certificates", {{"user_id", arguments->user}})), kCertificates);
  return ExitCode::Ok;
}

Result<ExitCode> add_certificate(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  json::object body{{"user_id", arguments->user},
                    {"name", arguments->name},
                    {"certificate", WD_TRY(read_file(arguments->file, kMaxPemBytes))}};
  if (arguments->is_own) body["password"] = WD_TRY(read_secret(session, arguments->password_file, "Your password"));
  if (!arguments->code_file.empty())
    body["code"] = WD_TRY(read_secret(session, arguments->code_file, "Code of the second factor"));
  print_object(session, WD_TRY(client->send("POST", "/user-certificates", body)), kCertificates);
  return ExitCode::Ok;
}

Result<ExitCode> remove_certificate(Session& session, const Arguments& arguments) {
  client::Client* const client = WD_TRY(session.client());
  WD_TRY(client->send("DELETE", "/user-certificates/" + arguments->id, nullptr));
  print_note(session, "It proves nobody any more.");
  return ExitCode::Ok;
}

}  // namespace

void add_client_certificates(Tree& tree) {
  const auto arguments = std::make_shared<CertificateArguments>();
  CLI::App& authorities = add_group(tree, "client-authorities", "Whose client certificates are taken");
  add(tree, authorities, "list", "List them, with their revocation lists", arguments, list_authorities);
  CLI::App& adds = add(tree, authorities, "add", "Take the certificates of another one", arguments, add_authority);
  adds.add_option("name", arguments->name, "Name for it")->required();
  adds.add_option("file", arguments->file, "File with the certificate of the CA in PEM")->required();
  CLI::App& revokes = add(tree, authorities, "revocations", "Put newer revocation lists in place of those before",
                          arguments, set_revocations);
  revokes.add_option("id", arguments->id, "Id of the authority")->required();
  revokes.add_option("file", arguments->file, "File with the lists (CRL) in PEM")->required();
  CLI::App& removes = add(tree, authorities, "remove", "Take its certificates no more", arguments, remove_authority);
  removes.add_option("id", arguments->id, "Id of the authority")->required();

  CLI::App& certificates = add_group(tree, "certificates", "Client certificates of people");
  CLI::App& lists = add(tree, certificates, "list", "List whose is which", arguments, list_certificates);
  lists.add_option("--user", arguments->user, "Only those of the user with this id");
  CLI::App& binds = add(tree, certificates, "add", "Say whose one is", arguments, add_certificate);
  binds.add_option("user", arguments->user, "Id of the user")->required();
  binds.add_option("file", arguments->file, "File with the certificate in PEM")->required();
  binds.add_option("--name", arguments->name, "Name for it")->capture_default_str()->required();
  binds.add_flag("--own", arguments->is_own, "It is your own: asks for your password");
  binds.add_option("--password-file", arguments->password_file, "File with your password; - is standard input");
  binds.add_option("--code-file", arguments->code_file, "File with the code of your second factor");
  CLI::App& unbinds = add(tree, certificates, "remove", "Take one from its user", arguments, remove_certificate);
  unbinds.add_option("id", arguments->id, "Id of the certificate")->required();
}

}  // namespace warder::cli
