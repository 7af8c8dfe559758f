// The AWS provider is not built in: its SDK is a sixth of all that Traefik is built from.
package ecs

import (
	"errors"

	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/safe"
)

const ProviderName = "ecs"

type Provider struct{}

func (p *Provider) SetDefaults() {}

func (p *Provider) Init() error { return errors.New("the ECS provider is not built in") }

func (p *Provider) Provide(chan<- dynamic.Message, *safe.Pool) error { return p.Init() }
