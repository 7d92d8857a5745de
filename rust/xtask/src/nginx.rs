use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::server::Server;
use crate::workspace;

/// How long nginx may take until it listens.
const PATIENCE: Duration = Duration::from_secs(10);

/// nginx as a TLS front before an echo server: a process in the foreground, with a configuration
/// and files of its own under target/, so that no other nginx has to do with it. Both end when this
/// is dropped.
pub(crate) struct Nginx {
    process: Child,
    ports: Ports,
    /// Kept, since it ends when it is dropped.
    _echo: Server,
}

/// One for each version of TLS.
#[derive(Clone, Copy)]
struct Ports {
    tls_1_2: u16,
    tls_1_3: u16,
}

impl Nginx {
    /// Starts `program`, and the echo server behind it.
    pub(crate) fn start(program: &Path) -> Result<Self> {
        let folder = Self::folder();
        fs::create_dir_all(&folder)?;
        let echo = Server::start_behind_front(&folder)?;
        // A free port may be taken before nginx has it.
        let mut attempts = 0;
        loop {
            let ports = Ports {
                tls_1_2: free_port()?,
                tls_1_3: free_port()?,
            };
            fs::write(
                folder.join("nginx.conf"),
                configuration(&folder, ports, echo.url()),
            )?;
            attempts += 1;
            match run(program, &folder, ports) {
                Ok(process) => {
                    return Ok(Self {
                        process,
                        ports,
                        _echo: echo,
                    });
                }
                Err(error) if attempts == 3 => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// Another xtask has another one.
    fn folder() -> PathBuf {
        workspace::target().join(format!("nginx/{}", std::process::id()))
    }

    /// Tells `command` where it is, and whom to trust.
    pub(crate) fn pass_to(&self, command: &mut Command) {
        let url = |port| format!("wss://127.0.0.1:{port}");
        command
            .env("NGINX_TLS_1_2", url(self.ports.tls_1_2))
            .env("NGINX_TLS_1_3", url(self.ports.tls_1_3))
            .env("NGINX_AUTHORITY", Self::folder().join("authority.pem"));
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It has nothing to save; failing means that it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(Self::folder());
    }
}

/// Runs nginx until it listens.
fn run(program: &Path, folder: &Path, ports: Ports) -> Result<Child> {
    let mut process = Command::new(program)
        .args(["-e", "stderr"])
        .arg("-p")
        .arg(folder)
        .arg("-c")
        .arg(folder.join("nginx.conf"))
        // What it would take for sockets that it has inherited.
        .env_remove("NGINX")
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let deadline = Instant::now() + PATIENCE;
    let listens = |port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
    loop {
        if let Some(status) = process.try_wait()? {
            bail!("nginx ended: {status}");
        }
        if listens(ports.tls_1_2) && listens(ports.tls_1_3) {
            return Ok(process);
        }
        if Instant::now() > deadline {
            process.kill()?;
            process.wait()?;
            bail!("nginx does not listen");
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// One process, since those that it would start outlive it when it is killed.
fn configuration(folder: &Path, ports: Ports, echo: &str) -> String {
    let folder = folder.display();
    let upstream = echo.replacen("ws:", "http:", 1);
    let server = |port: u16, version: &str| {
        format!(
            r#"
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_protocols {version};
    location / {{
      proxy_pass {upstream};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
      add_header X-TLS-Version $ssl_protocol always;
    }}
    location = /moved {{
      return 301 /;
    }}
    location = /forbidden {{
      return 403 "not for you";
    }}
  }}"#
        )
    };
    format!(
        r#"daemon off;
master_process off;
pid "{folder}/nginx.pid";
events {{}}
http {{
  access_log off;
  client_body_temp_path "{folder}/body";
  proxy_temp_path "{folder}/proxy";
  fastcgi_temp_path "{folder}/fastcgi";
  uwsgi_temp_path "{folder}/uwsgi";
  scgi_temp_path "{folder}/scgi";
  ssl_certificate "{folder}/certificate.pem";
  ssl_certificate_key "{folder}/key.pem";{}{}
}}
"#,
        server(ports.tls_1_2, "TLSv1.2"),
        server(ports.tls_1_3, "TLSv1.3")
    )
}
