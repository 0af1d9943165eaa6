#include "manager/trust/checks.h"

#include <array>

namespace warder::manager {
namespace {

struct CheckRow {
  std::string_view id;
  std::string_view en;
  std::string_view ja;
  CheckBody run;
};

constexpr auto kChecks = std::to_array<CheckRow>({
    {"administrators.second-factor",
     "Each account of the operator that may log in has a second factor, or gets no further without one.",
     "運営者の各アカウントが第二要素を持つか、持たなければ先に進めないことを確認します。", check_second_factors},
    {"agents.current", "At least nine of ten agents run the version of the manager.",
     "エージェントの9割以上がマネージャーと同じ版で稼働していることを確認します。", check_agent_versions},
    {"api.refuses-strangers",
     "Every operation of the interface that reads and is not public is asked over the network without a login, and "
     "must refuse.",
     "公開されていないすべての読み取り操作をログインなしで呼び出し、拒否されることを確認します。", check_strangers},
    {"audit.intact",
     "The audit log of every tenant is computed anew, entry by entry, and compared with what was signed.",
     "各テナントの監査ログを項目ごとに再計算し、署名された内容と照合します。", check_audit},
    {"columns.declared", "The columns of every tenant's database are compared with those whose class is declared.",
     "各テナントのデータベースの列を、区分が宣言された列と照合します。", check_columns},
    {"contacts.sealed",
     "Contact data is read as it is stored: each value must be sealed for its own place, and open there.",
     "保存された連絡先を直接読み取り、各値がその場所に対して暗号化されていることを確認します。", check_contacts},
    {"isolation.canary", "Two canary tenants hold objects; from every other tenant it is tried to reach them.",
     "カナリアテナントの対象に、他のすべてのテナントから到達できないことを試験します。", check_isolation_canary},
    {"keys.custodians", "Two to five people may use the root key, and none of them alone.",
     "ルート鍵を使用できるのは二人から五人で、単独では使用できないことを確認します。", check_custodians},
    {"keys.provider", "Each tenant's key is wrapped by a key management service or a hardware module.",
     "各テナントの鍵が鍵管理サービスまたはハードウェアモジュールで保護されていることを確認します。",
     check_key_provider_in_use},
    {"keys.rotated", "No key that is in use is older than a year.", "使用中の鍵が1年を超えていないことを確認します。",
     check_key_ages},
    {"page.public", "This page is fetched without a login, in both languages.",
     "このページをログインなしで両言語で取得します。", check_public_page},
    {"passwords.age", "By each tenant's rules in force, a password of 93 days must be changed.",
     "各テナントの有効な規則で、93日経過したパスワードの変更が必要になることを確認します。", check_password_age},
    {"passwords.both-cases",
     "A strong password without capital letters is offered to each tenant's rules, which must refuse it.",
     "大文字のないパスワードが各テナントの規則で拒否されることを試験します。", check_password_cases},
    {"passwords.history", "By each tenant's rules in force, at least the last four passwords are not taken again.",
     "各テナントの有効な規則で、直近4回以上のパスワードが再使用できないことを確認します。", check_password_history},
    {"passwords.length",
     "A random password of seven characters is offered to each tenant's rules, which must refuse it.",
     "7文字のパスワードが各テナントの規則で拒否されることを試験します。", check_password_length},
    {"passwords.letters-and-digits",
     "Strong passwords without digits and without letters are offered to each tenant's rules, which must refuse them.",
     "数字または英字を含まないパスワードが各テナントの規則で拒否されることを試験します。",
     check_password_letters_and_digits},
    {"passwords.personal",
     "A strong password with the user's name in it is offered to each tenant's rules, which must refuse it.",
     "利用者の氏名を含むパスワードが各テナントの規則で拒否されることを試験します。", check_password_personal},
    {"passwords.storage",
     "Every stored password is an Argon2id hash of at least 19 MiB, and no two have the same salt.",
     "保存されたすべてのパスワードが19 MiB以上のArgon2idハッシュで、ソルトが重複しないことを確認します。",
     check_password_storage},
    {"security-txt", "security.txt is fetched, and must name a contact and not have expired.",
     "security.txt を取得し、連絡先があり、期限切れでないことを確認します。", check_security_txt},
    {"self-protection",
     "An agent of the operator's own tenant runs on the manager's host, is online, and its modules are on.",
     "マネージャーのホストで運営者のエージェントが稼働し、モジュールが有効であることを確認します。",
     check_self_protection},
    {"siem.delivery", "An event for each module is made and followed until the SIEM has taken it.",
     "モジュールごとにイベントを作成し、SIEM が受け取るまで追跡します。", check_siem},
    {"tls.api", "Handshakes with old versions and weak ciphers, and requests without TLS, are tried on the interface.",
     "古い版、弱い暗号、暗号化なしの接続を API に対して試し、拒否されることを確認します。", check_api_tls},
    {"tls.certificates", "The certificates that the listeners show hold for at least another week.",
     "提示される証明書が少なくとも1週間有効であることを確認します。", check_certificates},
    {"tls.gateway", "The same on the gateway of the agents, where everything before TLS 1.3 must be refused.",
     "エージェントの接続先で、TLS 1.3 より前の版がすべて拒否されることを確認します。", check_gateway_tls},
    // Last: it looks at the others.
    {"checks.current", "Every other check has been carried out within its time.",
     "他のすべての検査が期限内に実施されたことを確認します。", check_other_checks},
});

}  // namespace

std::vector<Check> all_checks(const CheckParts& parts) {
  std::vector<Check> checks;
  for (const CheckRow& row : kChecks) {
    checks.push_back({std::string(row.id), std::string(row.en), std::string(row.ja),
                      [parts, run = row.run](const std::stop_token& stop) { return run(parts, stop); }});
  }
  return checks;
}

std::vector<TenantScope> every_tenant(const CheckParts& parts) {
  std::vector<TenantScope> scopes;
  for (const Tenant& tenant : parts.tenants.list())
    if (auto scope = parts.scopes.make(tenant.id, "job:trust")) scopes.push_back(std::move(*scope));
  return scopes;
}

}  // namespace warder::manager
