//! The route to the server: directly, or through a proxy. The handshake calls it for each attempt.

use std::sync::Arc;

use url::Url;

use crate::{
    ConnectError, ConnectOptions, Proxy, Resolver,
    net::{
        proxy::{ProxyServer, system::SystemRoute, tunnel::Tunnel},
        steps::{StepKind, step},
        stream::Layers,
        target::Target,
        tcp::Tcp,
    },
};

/// The route to the server of a URL.
#[derive(Debug)]
pub(crate) struct Route {
    destination: Target,
    resolver: Resolver,
    proxy: Via,
}

#[derive(Debug)]
enum Via {
    Nothing,
    Server(Arc<ProxyServer>),
    System(Box<SystemRoute>),
}

impl Route {
    /// Checks the options, so that invalid ones fail before anything is sent. `target` is the URL's host and port.
    pub(crate) fn new(
        url: &Url,
        target: &Target,
        options: &ConnectOptions,
    ) -> Result<Self, ConnectError> {
        let destination = match &options.address {
            None => target.clone(),
            Some(address) => address.target(target.port)?,
        };
        let scheme = url.scheme();
        let proxy = match &options.proxy {
            Proxy::System(system) => Via::System(Box::new(SystemRoute {
                system: system.clone(),
                scheme: scheme.to_owned(),
                target: target.clone(),
                tls: options.tls.clone(),
            })),
            proxy => match proxy.server_for(scheme, target)? {
                None => Via::Nothing,
                Some(server) => Via::Server(Arc::new(server.with_tls(&options.tls)?)),
            },
        };
        Ok(Self {
            destination,
            resolver: options.resolver.clone(),
            proxy,
        })
    }

    /// Connects to the server. With a proxy, the second result is the tunnel. `max_header_size` limits the header of its
    /// response, in bytes.
    pub(crate) async fn connect(
        &self,
        max_header_size: usize,
    ) -> Result<(Layers, Option<Tunnel>), ConnectError> {
        let Self {
            destination,
            resolver,
            ..
        } = self;
        let proxy = match &self.proxy {
            Via::Nothing => None,
            Via::Server(server) => Some(Arc::clone(server)),
            Via::System(system) => system.server().await?.map(Arc::new),
        };
        match proxy {
            None => {
                let tcp = destination.connect(resolver).await?;
                Ok((Layers::Tcp(Tcp::new(tcp)), None))
            }
            Some(proxy) => {
                let tunnel = step(
                    StepKind::Proxy,
                    || proxy.name(),
                    proxy.connect(destination, resolver, max_header_size),
                    |(_, tunnel)| tunnel.detail(),
                );
                let (layers, tunnel) = tunnel.await?;
                Ok((layers, Some(tunnel)))
            }
        }
    }
}
