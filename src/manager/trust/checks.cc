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
    {"access.networks",
     "It is tried by the access rules in force whether each operator would be let in from an address outside of their "
     "networks.",
     "有効なアクセス規則により、各運営者が許可されたネットワーク外から接続できないことを確認します。", check_networks},
    {"access.operators",
     "An operator without a grant tries to enter each tenant and must be refused; each grant in force was agreed to by "
     "the tenant or by two others.",
     "許可のない運営者が各テナントに入れないこと、有効な許可がテナントまたは別の二人の同意を得ていることを確認します。",
     check_operator_access},
    {"administrators.second-factor",
     "Each account of the operator that may log in has a second factor, or gets no further without one.",
     "運営者の各アカウントが第二要素を持つか、持たなければ先に進めないことを確認します。", check_second_factors},
    {"agents.certificates",
     "The certificates of the agents that were seen within a day hold for at least three more days.",
     "1日以内に接続したエージェントの証明書が少なくとも3日間有効であることを確認します。", check_agent_certificates},
    {"agents.current", "At least nine of ten agents run the version of the manager.",
     "エージェントの9割以上がマネージャーと同じ版で稼働していることを確認します。", check_agent_versions},
    {"alerts.evaluated", "An event is made and followed until the rules of alerts have seen it.",
     "イベントを作成し、アラートの規則が評価するまで追跡します。", check_alerts},
    {"alerts.routed",
     "A route takes every serious alert at every hour, and a regular sign of life through its channels is taken by the "
     "receiver.",
     "重大なアラートが常時通知される経路があり、定期的な生存通知が受信者に届いていることを確認します。",
     check_alert_routes},
    {"api.refuses-strangers",
     "Every operation of the interface that reads and is not public is asked over the network without a login, and "
     "must refuse.",
     "公開されていないすべての読み取り操作をログインなしで呼び出し、拒否されることを確認します。", check_strangers},
    {"audit.intact",
     "The audit log of every tenant is computed anew, entry by entry, and compared with what was signed.",
     "各テナントの監査ログを項目ごとに再計算し、署名された内容と照合します。", check_audit},
    {"backups.current",
     "The last backup is no older than planned, is there in the size that it was made with, and was read back whole.",
     "最新のバックアップが予定どおりで、作成時の大きさのまま存在し、全体の読み戻しに成功したことを確認します。",
     check_backups},
    {"changes.taken-back",
     "In a canary tenant a policy is changed and taken back; what hosts would get must be what they would have got "
     "before.",
     "カナリアテナントでポリシーを変更して元に戻し、ホストに配布される内容が変更前と一致することを確認します。",
     check_taking_back},
    {"changes.two-people",
     "In a canary tenant it is tried to go ahead without an approval, with one's own, with one for something else, and "
     "twice with one; all must be refused.",
     "カナリアテナントで、承認なし、自己承認、別の操作の承認、承認の再使用がすべて拒否されることを試験します。",
     check_two_people},
    {"columns.declared", "The columns of every tenant's database are compared with those whose class is declared.",
     "各テナントのデータベースの列を、区分が宣言された列と照合します。", check_columns},
    {"contacts.sealed",
     "Contact data is read as it is stored: each value must be sealed for its own place, and open there.",
     "保存された連絡先を直接読み取り、各値がその場所に対して暗号化されていることを確認します。", check_contacts},
    {"documents.on-request",
     "The form for documents on request is fetched; links that were never given, and addresses of published documents, "
     "must not lead to one; each copy was approved, and its terms accepted.",
     "請求用フォームを取得し、発行されていないリンクや公開文書のアドレスから文書が得られないこと、渡した写しがすべて承"
     "認と"
     "条件への同意を経ていることを確認します。",
     check_documents_on_request},
    {"documents.published", "Each published document is fetched and compared with the hash that the page shows.",
     "公開文書をそれぞれ取得し、このページに示すハッシュ値と照合します。", check_documents},
    {"incidents.assigned", "No open incident of high severity is without somebody for more than fifteen minutes.",
     "重大度の高い未解決のインシデントに、15分を超えて担当者のいないものがないことを確認します。",
     check_incidents_assigned},
    {"incidents.breaches",
     "Of each breach of personal data, and of drills, the authority was notified within 72 hours or with a reason.",
     "個人データの侵害（訓練を含む）が72時間以内、または理由を付して当局に通知されたことを確認します。",
     check_breaches},
    {"incidents.closed", "Each closed incident has a root cause, a corrective action and a review of the plan.",
     "完了した各インシデントに根本原因、是正措置、対応計画の見直しがあることを確認します。", check_incidents_closed},
    {"incidents.evidence", "Evidence of incidents is opened and compared with what was taken.",
     "インシデントの証拠を開き、取得時の内容と照合します。", check_incident_evidence},
    {"incidents.ordered",
     "More impact or urgency never gives less severity, and the queue is in the order of severity.",
     "影響や緊急性が増して重大度が下がることがなく、待ち行列が重大度順であることを確認します。",
     check_incidents_ordered},
    {"incidents.told",
     "A drill is declared every day in a canary tenant; it and every incident must have been told within a minute.",
     "毎日カナリアテナントで訓練を宣言し、すべてのインシデントが1分以内に通知されたことを確認します。",
     check_incidents_told},
    {"isolation.canary", "Two canary tenants hold objects; from every other tenant it is tried to reach them.",
     "カナリアテナントの対象に、他のすべてのテナントから到達できないことを試験します。", check_isolation_canary},
    {"keys.custodians", "Two to five people may use the root key, and none of them alone.",
     "ルート鍵を使用できるのは二人から五人で、単独では使用できないことを確認します。", check_custodians},
    {"keys.provider", "Each tenant's key is wrapped by a key management service or a hardware module.",
     "各テナントの鍵が鍵管理サービスまたはハードウェアモジュールで保護されていることを確認します。",
     check_key_provider_in_use},
    {"keys.rotated", "No key that is in use is older than a year.", "使用中の鍵が1年を超えていないことを確認します。",
     check_key_ages},
    {"listeners.encrypted",
     "What listens on the operator's hosts, as their agents tell, is of no protocol without encryption.",
     "運営者のホストで待ち受けるサービスに、暗号化されないプロトコルがないことをエージェントの報告で確認します。",
     check_listeners},
    {"modules.working",
     "Each of the five modules is in force on the operator's hosts, as their agents tell, and none is impaired.",
     "五つのモジュールが運営者のホストで有効であり、機能が低下したものがないことをエージェントの報告で確認します。",
     check_modules},
    {"measures.current",
     "The list of measures of GDPR Art. 32 is fetched, and must have each measure of this page with a state.",
     "GDPR 第32条の措置一覧を取得し、このページの各措置が状態とともに記載されていることを確認します。", check_measures},
    {"notice.current",
     "The Data Collection Notice is fetched and compared with the declarations that the program works by.",
     "データ収集に関する通知を取得し、プログラムの動作のもとになる宣言と照合します。", check_notice},
    {"page.links", "Every link of this page is followed.", "このページのすべてのリンクをたどって確認します。",
     check_links},
    {"page.public", "This page is fetched without a login, in both languages.",
     "このページをログインなしで両言語で取得します。", check_public_page},
    {"passwords.age", "By each tenant's rules in force, a password of 93 days must be changed.",
     "各テナントの有効な規則で、93日経過したパスワードの変更が必要になることを確認します。", check_password_age},
    {"passwords.both-cases",
     "A strong password without capital letters is offered to each tenant's rules, which must refuse it.",
     "大文字のないパスワードが各テナントの規則で拒否されることを試験します。", check_password_cases},
    {"passwords.compromised", "A probe's password is marked as known to others, and must be refused from then on.",
     "試験用アカウントのパスワードを漏えいとして登録し、直ちに拒否されることを確認します。", check_compromised},
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
    {"policies.acceptable-use",
     "Everybody who may log in for the operator is asked to accept rules of use that somebody else has reviewed, and "
     "nobody is past the time that was given for it.",
     "運営者の各アカウントについて、別の担当者が確認した利用規定への同意が求められ、期限を過ぎた人がいないことを確認し"
     "ま"
     "す。",
     check_acceptable_use},
    {"policies.consequences",
     "Rules for what follows when rules are broken are in force, and nobody is past the time that was given for "
     "acknowledging them.",
     "規定違反に対する手続きが有効で、期限を過ぎて確認していない人がいないことを確認します。", check_consequences},
    {"privacy.collection",
     "In a canary tenant a field about people is collected, switched off, and put under a pseudonym; what is stored "
     "must "
     "follow.",
     "カナリアテナントで個人に関する項目の収集、停止、仮名化を切り替え、保存される内容が従うことを確認します。",
     check_collection},
    {"privacy.erasure", "In a canary tenant what is stored of somebody is exported and erased, and must be gone.",
     "カナリアテナントで個人のデータを出力して消去し、残っていないことを確認します。", check_erasure},
    {"privacy.requests", "No request of a data subject is overdue, and within ninety days none was answered too late.",
     "期限を過ぎたデータ主体からの請求がなく、過去90日間に遅れて回答したものがないことを確認します。", check_subjects},
    {"privacy.retention",
     "In a canary tenant the time that events are kept is shortened, and older ones must be gone; in every tenant that "
     "has shortened it, nothing older may be found.",
     "カナリアテナントで保存期間を短縮し、それより古いイベントが削除されることを試験します。保存期間を短縮した各テナン"
     "ト"
     "に、それより古いイベントが残っていないことも確認します。",
     check_retention},
    {"program.age", "The program that runs is no older than a week and a day.",
     "稼働中のプログラムが8日を超えて古くないことを確認します。", check_program_age},
    {"reviews.signed", "Of the last ninety days, none has gone past its deadline without the sign-off of a person.",
     "過去90日間、期限までに担当者の署名がなかった日がないことを確認します。", check_reviews},
    {"security-txt", "security.txt is fetched, and must name a contact and not have expired.",
     "security.txt を取得し、連絡先があり、期限切れでないことを確認します。", check_security_txt},
    {"self-protection",
     "An agent of the operator's own tenant runs on the manager's host, is online, and its modules are on.",
     "マネージャーのホストで運営者のエージェントが稼働し、モジュールが有効であることを確認します。",
     check_self_protection},
    {"sessions.not-shared", "Nobody is logged in from more than three addresses at once.",
     "同時に4か所以上のアドレスからログインしている利用者がいないことを確認します。", check_sharing},
    {"siem.delivery", "An event for each module is made and followed until the SIEM has taken it.",
     "モジュールごとにイベントを作成し、SIEM が受け取るまで追跡します。", check_siem},
    {"sso.answers",
     "Each of the operator's identity providers is asked for what a login needs, or its directory was followed as "
     "planned.",
     "運営者の各 ID プロバイダーがログインに必要な応答を返し、ディレクトリの同期が行われていることを確認します。",
     check_single_sign_on},
    {"stream.independent", "An event is made and followed until the receiver of the independent stream has taken it.",
     "イベントを作成し、独立した経路の受信者が受け取るまで追跡します。", check_stream},
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

std::vector<std::string_view> all_check_ids() {
  std::vector<std::string_view> ids;
  for (const CheckRow& row : kChecks) ids.push_back(row.id);
  return ids;
}

std::vector<TenantScope> every_tenant(const CheckParts& parts) {
  std::vector<TenantScope> scopes;
  for (const Tenant& tenant : parts.tenants.list())
    if (auto scope = parts.scopes.make(tenant.id, "job:trust")) scopes.push_back(std::move(*scope));
  return scopes;
}

}  // namespace warder::manager
