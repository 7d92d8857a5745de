//! nginx as a TLS front before an echo server: `nginx_front NGINX FOLDER`.
//!
//! nginx's files are generated and written to the folder, with the certificate of their authority as `authority.pem`.
//! The only line of output is `listening on wss://127.0.0.1:PORT wss://127.0.0.1:PORT`, for TLS 1.2 and for TLS 1.3.
//! Both servers end when standard input closes.

use std::fs;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use test_server::{Authority, EchoServer, Validity};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

/// The maximum time until nginx listens.
const PATIENCE: Duration = Duration::from_secs(10);
/// The number of attempts with other ports: a free port may be taken before nginx binds it.
const ATTEMPTS: u32 = 3;

#[derive(Parser)]
struct Arguments {
    /// The program.
    nginx: PathBuf,
    /// The folder of its files.
    folder: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let Arguments { nginx, folder } = Arguments::parse();
    let echo = EchoServer::start().await?;
    let authority = Authority::new()?;
    let identity = authority.issue(&["localhost", "127.0.0.1"], Validity::Now)?;
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("authority.pem"), &authority.certificate_pem)?;
    fs::write(folder.join("certificate.pem"), &identity.certificate_pem)?;
    fs::write(folder.join("key.pem"), &identity.key_pem)?;

    let mut attempt = 1;
    let front = loop {
        match Front::start(&nginx, &folder, echo.addr).await {
            Ok(front) => break front,
            Err(error) if attempt == ATTEMPTS => return Err(error),
            Err(_) => attempt += 1,
        }
    };
    let [first, second] = front.ports;
    let mut stdout = io::stdout();
    writeln!(
        stdout,
        "listening on wss://127.0.0.1:{first} wss://127.0.0.1:{second}"
    )?;
    stdout.flush()?;
    tokio::task::spawn_blocking(|| io::copy(&mut io::stdin().lock(), &mut io::sink())).await??;
    Ok(())
}

/// A running nginx in the foreground, with a configuration of its own, independent of any other nginx.
struct Front {
    process: Child,
    /// For TLS 1.2 and for TLS 1.3.
    ports: [u16; 2],
}

impl Drop for Front {
    fn drop(&mut self) {
        // It has nothing to save. An error means that it has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Front {
    /// Starts it, and waits until it listens.
    async fn start(nginx: &Path, folder: &Path, upstream: SocketAddr) -> Result<Self> {
        let ports = [free_port().await?, free_port().await?];
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration(folder, ports, upstream))?;
        let process = Command::new(nginx)
            .args(["-e", "stderr", "-p"])
            .arg(folder)
            .arg("-c")
            .arg(file)
            // nginx reads this variable for inherited sockets.
            .env_remove("NGINX")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot run {}", nginx.display()))?;
        let mut front = Self { process, ports };
        let deadline = Instant::now() + PATIENCE;
        for port in ports {
            while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
                .await
                .is_err()
            {
                if let Some(status) = front.process.try_wait()? {
                    bail!("nginx ended: {status}");
                }
                if Instant::now() > deadline {
                    bail!("nginx does not listen");
                }
                sleep(Duration::from_millis(20)).await;
            }
        }
        Ok(front)
    }
}

async fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    Ok(listener.local_addr()?.port())
}

/// A configuration with one process. Worker processes would outlive it when it is killed.
fn configuration(folder: &Path, ports: [u16; 2], upstream: SocketAddr) -> String {
    let folder = folder.display();
    let server = |port: u16, version: &str| {
        format!(
            r#"
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_protocols {version};
    location / {{
      proxy_pass http://{upstream};
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
        server(ports[0], "TLSv1.2"),
        server(ports[1], "TLSv1.3")
    )
}
