#include <algorithm>

#include "config/certificates.hpp"
#include "config/check.hpp"
#include "config/etcd_files.hpp"
#include "config/text.hpp"
#include "config/values.hpp"

namespace elector::config {
namespace {

constexpr unsigned kOthersMayRead = 0004U;
constexpr unsigned kOthersMayWrite = 0002U;
constexpr std::size_t kShortestToken = 16;
constexpr std::size_t kLongestSecret = 4096;
constexpr std::size_t kMostBytes = 64 * 1024;  // of a file other than the configuration

std::string octal(unsigned mode) {
    std::string out = "0";
    for (const unsigned shift : {6U, 3U, 0U}) {
        out += static_cast<char>('0' + ((mode >> shift) & 7U));
    }
    return out;
}

/// The files and variables of one load.
class Files {
  public:
    /// `lenient`: what can be read is used, whatever is wrong with it.
    Files(const Environment& environment, Report& report, bool lenient = false)
        : environment_(environment), report_(report), lenient_(lenient) {}

    /// A file that only has to be there.
    void readable(std::string_view path, const std::string& file) {
        if (!file.empty() && report_.sound({path})) facts(path, file);
    }

    /// A file that must not be open to everybody, whether or not we read it ourselves.
    void guarded(std::string_view path, const std::string& file) {
        if (file.empty() || !report_.sound({path})) return;
        const FileFacts found = facts(path, file);
        if (!report_.sound({path})) return;
        const bool writable = (found.mode & kOthersMayWrite) != 0;
        if ((found.mode & (kOthersMayRead | kOthersMayWrite)) == 0) return;
        doubt(path, "is " + std::string(writable ? "writable" : "readable") +
                        " by everybody (mode " + octal(found.mode) + "); run: chmod 0600 " + file);
    }

    /// The text of a file with certificates or a key; judged by `fault_of`.
    template <class FaultOf>
    std::string pem(std::string_view path, const std::string& file, FaultOf fault_of) {
        if (file.empty() || !report_.sound({path})) return {};
        const auto text = read(file);
        const std::string fault =
            text ? fault_of(*text) : "cannot be read, or is longer than 64 KiB";
        if (fault.empty()) return *text;
        // Without any the system's authorities would be trusted.
        const bool usable = lenient_ && text && !text->empty();
        usable ? report_.spare(path, fault) : report_.loss(path, fault);
        return usable ? *text : std::string();
    }

    /// Something that does not keep the file from being used.
    void doubt(std::string_view path, const std::string& fault) {
        lenient_ ? report_.spare(path, fault) : report_.loss(path, fault);
    }

    /// The secret from `file`, or else from the environment `variable`, if there is one of that
    /// name.
    Secret secret(std::string_view path, const std::string& file, const std::string& variable) {
        const std::string from_variable =
            variable.empty() ? "" : environment_.variable(variable).value_or("");
        if (file.empty()) return checked({}, path, "$" + variable, from_variable);
        guarded(path, file);
        if (!report_.sound({path})) return Secret{};
        if (!from_variable.empty()) {
            report_.fault(path, "is set, and $" + variable + " too; keep one of them");
            return Secret{};
        }
        const auto text = read(file);
        if (!text) {
            report_.loss(path, "cannot be read, or is longer than 64 KiB");
            return Secret{};
        }
        if (line(*text).empty()) report_.loss(path, "holds nothing on its first line");
        return checked(path, path, std::string(path), line(*text));
    }

    void program(std::string_view path, const std::vector<std::string>& argv) {
        if (argv.empty() || !report_.sound({path})) return;
        const std::string names = "names " + shown(argv.front()) + ", which ";
        const std::string fault = program_fault(argv.front());
        if (!fault.empty()) return report_.fault(path, names + fault);
        const FileFacts found = environment_.inspect(argv.front());
        if (!found.error.empty()) {
            report_.loss(path, names + "cannot be run: " + found.error);
        } else if (!found.regular || !found.executable) {
            report_.loss(path, names + "is not a program that this user may run");
        }
    }

  private:
    std::optional<std::string> read(const std::string& file) const {
        auto text = environment_.read(file);
        if (text && text->size() > kMostBytes) text.reset();
        return text;
    }

    static std::string line(std::string text) {
        if (text.ends_with('\n')) text.pop_back();
        if (text.ends_with('\r')) text.pop_back();
        return text;
    }

    /// A secret's text, judged without showing any of it.
    Secret checked(std::string_view path, std::string_view owner, const std::string& origin,
                   const std::string& text) {
        std::string fault;
        if (text.size() > kLongestSecret) fault = "is longer than 4096 bytes";
        if (find_control(text) != std::string::npos) {
            fault = "holds more than one line, or control characters";
        }
        if (owner == "api.token_file" && !text.empty()) {
            if (text.size() < kShortestToken)
                fault = "holds fewer than 16 bytes; use a random token";
            if (text.find(' ') != std::string::npos) fault = "holds a token with spaces in it";
        }
        if (fault.empty()) return Secret{text};
        if (path.empty()) {
            report_.problem({}, owner, origin + " " + fault);
        } else {
            report_.loss(path, fault);
        }
        return Secret{};
    }

    FileFacts facts(std::string_view path, const std::string& file) {
        FileFacts found = environment_.inspect(file);
        if (!found.error.empty()) {
            report_.loss(path, "cannot be read: " + found.error);
        } else if (!found.regular) {
            report_.loss(path, "cannot be read: it is not a file");
        } else if (!found.readable) {
            report_.loss(path, "cannot be read: Permission denied");
        }
        return found;
    }

    const Environment& environment_;
    Report& report_;
    bool lenient_;
};

void read_certificates(Etcd& etcd, Files& files, const Environment& environment) {
    const std::int64_t now_seconds = environment.unix_seconds();
    files.readable("etcd.ca_file", etcd.ca_file);
    files.readable("etcd.cert_file", etcd.cert_file);
    files.guarded("etcd.key_file", etcd.key_file);
    etcd.ca_pem = files.pem("etcd.ca_file", etcd.ca_file, [now_seconds](const std::string& text) {
        return authorities_fault(text, now_seconds);
    });
    etcd.cert_pem = files.pem(
        "etcd.cert_file", etcd.cert_file,
        [now_seconds](const std::string& text) { return certificate_fault(text, now_seconds); });
    etcd.key_pem = Secret{files.pem("etcd.key_file", etcd.key_file, key_fault)};
    if (etcd.cert_pem.empty() || etcd.key_pem.empty()) return;
    if (belong_together(etcd.cert_pem, etcd.key_pem.reveal())) return;
    files.doubt("etcd.key_file", "does not belong to the certificate in " + etcd.cert_file);
}

void read_notify(Notify& notify, const std::string& name, Files& files, std::int64_t now_seconds) {
    files.program(name + ".command", notify.command);
    notify.token = files.secret(name + ".token_file", notify.token_file, "");
    files.readable(name + ".ca_file", notify.ca_file);
    notify.ca_pem = files.pem(
        name + ".ca_file", notify.ca_file,
        [now_seconds](const std::string& text) { return authorities_fault(text, now_seconds); });
}

void read_password(Etcd& etcd, Files& files) {
    etcd.password = files.secret("etcd.password_file", etcd.password_file, "ELECTOR_ETCD_PASSWORD");
}

/// For messages about files that are looked at again, without the document that named them.
void name_files(const Etcd& etcd, Report& report) {
    report.given("etcd.ca_file", {}, quoted(etcd.ca_file));
    report.given("etcd.cert_file", {}, quoted(etcd.cert_file));
    report.given("etcd.key_file", {}, quoted(etcd.key_file));
    report.given("etcd.password_file", {}, quoted(etcd.password_file));
}

template <class ReadSome>
EtcdFiles read_again(const Etcd& etcd, const Environment& environment, ReadSome read_some) {
    Report report{""};
    name_files(etcd, report);
    Files files(environment, report);
    EtcdFiles found{etcd, {}};
    read_some(found.etcd, files);
    for (const auto& problem : report.problems()) found.faults.push_back(problem.message);
    if (!found.faults.empty()) found.etcd = etcd;
    return found;
}

}  // namespace

EtcdFiles read_certificates_again(const Etcd& etcd, const Environment& environment) {
    return read_again(etcd, environment, [&environment](Etcd& into, Files& files) {
        read_certificates(into, files, environment);
    });
}

std::vector<std::string> expiring(const Etcd& etcd, std::int64_t at_seconds) {
    std::vector<std::string> all;
    const auto add = [&all](const char* key, const std::string& path, const std::string& ending) {
        if (!ending.empty()) all.push_back(std::string(key) + " = \"" + path + "\" " + ending);
    };
    add("etcd.ca_file", etcd.ca_file, authorities_ending(etcd.ca_pem, at_seconds));
    add("etcd.cert_file", etcd.cert_file, certificate_ending(etcd.cert_pem, at_seconds));
    return all;
}

EtcdFiles read_password_again(const Etcd& etcd, const Environment& environment) {
    return read_again(etcd, environment,
                      [](Etcd& into, Files& files) { read_password(into, files); });
}

void read_files(Config& config, const Environment& environment, Report& report, Use use) {
    Files of_etcd(environment, report, use == Use::kRecord);
    read_certificates(config.etcd, of_etcd, environment);
    read_password(config.etcd, of_etcd);
    Files files(environment, report);
    Api& api = config.api;
    files.readable("api.cert_file", api.cert_file);
    files.guarded("api.key_file", api.key_file);
    files.readable("api.client_ca_file", api.client_ca_file);
    api.token = files.secret("api.token_file", api.token_file, "ELECTOR_API_TOKEN");
    for (std::size_t i = 0; i < config.notify.size(); ++i) {
        read_notify(config.notify[i], "notify[" + std::to_string(i) + "]", files,
                    environment.unix_seconds());
    }
}

void look_at_programs(const Config& config, const Environment& environment, Report& report) {
    Files(environment, report).program("fence.command", config.fence.command);
}

}  // namespace elector::config
